package reconcile

import (
	"cmp"
	"slices"
)

type entry struct {
	hash uint64
	at   int32
}

// index finds people or users by the hash of a value.
type index []entry

func newIndex(hashes []uint64, width, k int) index {
	var x index
	for at, i := 0, k; i < len(hashes); at, i = at+1, i+width {
		if hashes[i] != 0 {
			x = append(x, entry{hashes[i], int32(at)})
		}
	}
	slices.SortFunc(x, func(a, b entry) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at)) })
	return x
}

func (x index) find(hash uint64) index {
	i, _ := slices.BinarySearchFunc(x, hash, func(e entry, h uint64) int { return cmp.Compare(e.hash, h) })
	n := i
	for n < len(x) && x[n].hash == hash {
		n++
	}
	return x[i:n]
}
