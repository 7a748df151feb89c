package ledger

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// Hashes are the hashes of one person, by the number of their column, as a ledger stores them: how many, the numbers in
// ascending order, then the hashes, 8 bytes each.
type Hashes []byte

// NoHashes returns the hashes of a person of whom nothing is known: a single 0.
func NoHashes() Hashes { return Hashes{0} }

const hashSize = 8

var errHashes = errors.New("the hashes of a person are not as they were written")

// split returns the columns of hashes, and where the hashes begin.
func (h Hashes) split() (columns []uint64, at int, err error) {
	count, at := binary.Uvarint(h)
	if at <= 0 || count > uint64(len(h)) {
		return nil, 0, errHashes
	}
	columns = make([]uint64, count)
	for i := range columns {
		n, size := binary.Uvarint(h[at:])
		if size <= 0 || i > 0 && n <= columns[i-1] {
			return nil, 0, errHashes
		}
		columns[i] = n
		at += size
	}
	if len(h)-at != hashSize*len(columns) {
		return nil, 0, errHashes
	}
	return columns, at, nil
}

// Shape returns the part of hashes that says which columns they have, and the hashes alone.
func (h Hashes) Shape() (shape, hashes []byte, err error) {
	_, at, err := h.split()
	return h[:at], h[at:], err
}

// Columns returns the numbers of the columns.
func (h Hashes) Columns() ([]uint64, error) {
	columns, _, err := h.split()
	return columns, err
}

// Map returns the hashes by the number of their column.
func (h Hashes) Map() (map[uint64]export.CellHash, error) {
	columns, at, err := h.split()
	if err != nil {
		return nil, err
	}
	out := make(map[uint64]export.CellHash, len(columns))
	for i, c := range columns {
		out[c] = export.CellHash(binary.BigEndian.Uint64(h[at+hashSize*i:]))
	}
	return out, nil
}

// HashesOf returns hashes in the form in which a ledger stores them.
func HashesOf(of map[uint64]export.CellHash) Hashes {
	columns := make([]uint64, 0, len(of))
	for c := range of {
		columns = append(columns, c)
	}
	slices.Sort(columns)
	h := binary.AppendUvarint(make(Hashes, 0, 2+10*len(of)), uint64(len(columns)))
	for _, c := range columns {
		h = binary.AppendUvarint(h, c)
	}
	for _, c := range columns {
		h = binary.BigEndian.AppendUint64(h, uint64(of[c]))
	}
	return h
}

// Without returns the hashes without those of some columns, in ascending order.
func (h Hashes) Without(gone []uint64) (Hashes, error) {
	columns, at, err := h.split()
	if err != nil {
		return nil, err
	}
	keep := 0
	for _, c := range columns {
		if _, is := slices.BinarySearch(gone, c); !is {
			keep++
		}
	}
	if keep == len(columns) {
		return h, nil
	}
	left := binary.AppendUvarint(make(Hashes, 0, len(h)), uint64(keep))
	var hashes []byte
	for i, c := range columns {
		if _, is := slices.BinarySearch(gone, c); !is {
			left = binary.AppendUvarint(left, c)
			hashes = append(hashes, h[at+hashSize*i:at+hashSize*(i+1)]...)
		}
	}
	return append(left, hashes...), nil
}
