package baseline

import (
	"encoding/binary"
	"hash/maphash"
	"strings"
)

// keyed holds a short value for each of up to some millions of keys, in about the bytes of both: a map of strings takes
// several times as much, and the garbage collector has to look at each. It only grows; a key is added once. Once it is
// filled, several goroutines may read it.
type keyed struct {
	chunks []*strings.Builder // entries: length of the key, key, length of the value, value
	table  []uint32           // by the hash of a key: 1 + where its entry begins; 0 is free
	seed   maphash.Seed
	n      int
	large  map[string]string // what does not fit into a chunk, or into the last one that can be addressed
}

const (
	chunkBits = 20
	chunkSize = 1 << chunkBits
	maxChunks = 1 << (32 - chunkBits)
)

// newKeyed returns a store with room for so many keys. More may be added.
func newKeyed(keys int) *keyed {
	size := 16
	for size*3/4 < keys+1 {
		size *= 2
	}
	return &keyed{table: make([]uint32, size), seed: maphash.MakeSeed()}
}

// add adds a key that the store does not have.
func (k *keyed) add(key, value string) {
	var head [2 * binary.MaxVarintLen64]byte
	before := binary.PutUvarint(head[:], uint64(len(key)))
	gap := binary.PutUvarint(head[before:], uint64(len(value)))
	size := before + len(key) + gap + len(value)
	k.n++
	last := len(k.chunks) - 1
	if last < 0 || k.chunks[last].Len()+size > chunkSize {
		if size > chunkSize || last+1 == maxChunks {
			if k.large == nil {
				k.large = map[string]string{}
			}
			k.large[strings.Clone(key)] = strings.Clone(value)
			return
		}
		chunk := &strings.Builder{}
		chunk.Grow(chunkSize)
		k.chunks = append(k.chunks, chunk)
		last++
	}
	chunk := k.chunks[last]
	at := uint32(last)<<chunkBits | uint32(chunk.Len())
	chunk.Write(head[:before])
	chunk.WriteString(key)
	chunk.Write(head[before : before+gap])
	chunk.WriteString(value)
	if k.n > len(k.table)*3/4 {
		k.grow()
	}
	k.place(key, at)
}

func (k *keyed) place(key string, at uint32) {
	mask := uint64(len(k.table) - 1)
	i := maphash.String(k.seed, key) & mask
	for k.table[i] != 0 {
		i = (i + 1) & mask
	}
	k.table[i] = at + 1
}

func (k *keyed) grow() {
	old := k.table
	k.table = make([]uint32, 2*len(old))
	for _, at := range old {
		if at != 0 {
			key, _ := k.entry(at - 1)
			k.place(key, at-1)
		}
	}
}

// entry returns the key at a place, and all that follows it.
func (k *keyed) entry(at uint32) (key, rest string) {
	text := k.chunks[at>>chunkBits].String()[at&(chunkSize-1):]
	return cutSized(text)
}

// cutSized cuts a text behind its length off the front of another.
func cutSized(text string) (sized, rest string) {
	n, at := uint64(0), 0
	for shift := 0; ; shift += 7 {
		b := text[at]
		at++
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	return text[at : at+int(n)], text[at+int(n):]
}

// of returns the value of a key.
func (k *keyed) of(key string) (value string, ok bool) {
	if k == nil {
		return "", false
	}
	mask := uint64(len(k.table) - 1)
	for i := maphash.String(k.seed, key) & mask; k.table[i] != 0; i = (i + 1) & mask {
		if found, rest := k.entry(k.table[i] - 1); found == key {
			value, _ = cutSized(rest)
			return value, true
		}
	}
	value, ok = k.large[key]
	return value, ok
}

// all calls f with every key and value, in the order in which they were added as far as they are not large.
func (k *keyed) all(f func(key, value string)) {
	if k == nil {
		return
	}
	for _, chunk := range k.chunks {
		for text := chunk.String(); text != ""; {
			var key, value string
			key, text = cutSized(text)
			value, text = cutSized(text)
			f(key, value)
		}
	}
	for key, value := range k.large {
		f(key, value)
	}
}
