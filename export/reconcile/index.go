package reconcile

import (
	"cmp"
	"math/bits"
	"slices"
)

// index finds users by the hash of a value. It has a bucket for each of them, by the first bits of the hash: nearly every bucket
// holds one or none.
type index struct {
	hashes   []uint64 // of all users, width for each
	width, k int
	shift    int
	from     []int32 // where each bucket begins in at
	at       []int32 // users, in their order within a bucket
}

func newIndex(hashes []uint64, width, k int) index {
	x := index{hashes: hashes, width: width, k: k, shift: 64 - bits.Len(uint(len(hashes)/max(width, 1)))}
	x.from = make([]int32, 1<<(64-x.shift)+1)
	n := 0
	for i := k; i < len(hashes); i += width {
		if h := hashes[i]; h != 0 {
			x.from[h>>x.shift+1]++
			n++
		}
	}
	for b := range len(x.from) - 1 {
		x.from[b+1] += x.from[b]
	}
	x.at = make([]int32, n)
	for at, i := 0, k; i < len(hashes); at, i = at+1, i+width {
		if h := hashes[i]; h != 0 {
			b := h >> x.shift
			x.at[x.from[b]] = int32(at)
			x.from[b]++ // which moves each beginning to the next one
		}
	}
	copy(x.from[1:], x.from)
	x.from[0] = 0
	return x
}

func (x *index) hash(at int32) uint64 { return x.hashes[int(at)*x.width+x.k] }

// find returns the users with a hash, in their order.
func (x *index) find(hash uint64) []int32 {
	b := hash >> x.shift
	all := x.at[x.from[b]:x.from[b+1]]
	var found []int32
	for i, at := range all {
		switch {
		case x.hash(at) != hash:
		case found == nil:
			found = all[i : i+1 : i+1] // the next one makes a copy
		default:
			found = append(found, at)
		}
	}
	return found
}

// few are so many that each is held against each other one.
const few = 8

// any reports whether two of a few users share a hash.
func (x *index) any(users []int32) bool {
	for i, one := range users {
		for _, other := range users[:i] {
			if x.hash(one) == x.hash(other) {
				return true
			}
		}
	}
	return false
}

// shared calls take with the users of each hash that several have.
func (x *index) shared(take func(users []int32) error) error {
	for b := range len(x.from) - 1 {
		all := x.at[x.from[b]:x.from[b+1]]
		if len(all) <= few && !x.any(all) {
			continue
		}
		all = slices.Clone(all)
		slices.SortFunc(all, func(a, b int32) int { return cmp.Or(cmp.Compare(x.hash(a), x.hash(b)), cmp.Compare(a, b)) })
		for i := 0; i < len(all); {
			n := i + 1
			for n < len(all) && x.hash(all[n]) == x.hash(all[i]) {
				n++
			}
			if n-i > 1 {
				if err := take(all[i:n]); err != nil {
					return err
				}
			}
			i = n
		}
	}
	return nil
}
