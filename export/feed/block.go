package feed

import "sync/atomic"

// pool holds a few free blocks, so that a pass over a large file allocates about as many as are in use at once. When
// none is free, a new one is made: a reader that waited for its consumer to release one could wait forever.
type pool struct {
	size int
	free chan *block
}

// block is one read of a file, shared by the chunks cut from it.
type block struct {
	b    []byte
	refs atomic.Int32
	pool *pool
}

func newPool(size int) *pool {
	return &pool{size: size, free: make(chan *block, keptBlocks)}
}

// get returns a block with one holder, the caller.
func (p *pool) get() *block {
	var b *block
	select {
	case b = <-p.free:
	default:
		b = &block{b: make([]byte, p.size), pool: p}
	}
	b.refs.Store(1)
	return b
}

func (b *block) hold() { b.refs.Add(1) }

// release ends one hold; the last one frees the block.
func (b *block) release() {
	if b.refs.Add(-1) != 0 {
		return
	}
	select {
	case b.pool.free <- b:
	default: // enough free blocks are stored
	}
}
