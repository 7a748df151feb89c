package ledger

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// Store is how a ledger stores the facts of a row that are a list, its faults or the columns that were completed: as JSON,
// and as "" where there are none.
func Store[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	text, err := json.Marshal(list)
	return string(text), err
}

// ReadNotes reads the notes of a part or of a move that Store wrote.
func ReadNotes(text string) (notes export.PartNotes, err error) {
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &notes); err != nil {
		return nil, export.Hint(fmt.Errorf("its notes cannot be read: %w", err), Restore)
	}
	return notes, nil
}

// Writing stores lists of many rows. Rows of a feed are broken alike: a list that the row before had is not made into text
// again.
type Writing[T comparable] struct {
	list []T
	text string
}

// Store is Store. The list is kept until another one comes.
func (w *Writing[T]) Store(list []T) (string, error) {
	if slices.Equal(list, w.list) {
		return w.text, nil
	}
	text, err := Store(list)
	if err == nil {
		w.list, w.text = list, text
	}
	return text, err
}

// Reading reads back what Store has stored of many rows. Rows that follow each other with the same facts share one list.
type Reading[T any] struct {
	text string
	list []T
}

// Read reads one list, nil for no text.
func (r *Reading[T]) Read(text string) ([]T, error) {
	if text == r.text {
		return r.list, nil
	}
	var list []T
	if text != "" {
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return nil, export.Hint(fmt.Errorf("the facts of a row cannot be read: %w", err), Restore)
		}
	}
	r.text, r.list = text, slices.Clip(list)
	return r.list, nil
}

// RowWriting stores the lists of many rows.
type RowWriting struct {
	faults             Writing[export.Fault]
	completed, counted Writing[string]
}

// Store returns the texts of a row's faults, of its completed columns and of the limits that count it.
func (w *RowWriting) Store(r *export.RowResult) (faults, completed, counted string, err error) {
	if faults, err = w.faults.Store(r.Faults); err != nil {
		return "", "", "", err
	}
	if completed, err = w.completed.Store(r.Completed); err == nil {
		counted, err = w.counted.Store(r.Counted)
	}
	return faults, completed, counted, err
}

// RowReading reads back what RowWriting has stored.
type RowReading struct {
	faults             Reading[export.Fault]
	completed, counted Reading[string]
}

// Read reads the lists of a row from their texts.
func (rr *RowReading) Read(r *export.RowResult, faults, completed, counted string) (err error) {
	if r.Faults, err = rr.faults.Read(faults); err != nil {
		return err
	}
	list, err := rr.completed.Read(completed)
	if err != nil {
		return err
	}
	r.Completed = list
	r.Counted, err = rr.counted.Read(counted)
	return err
}
