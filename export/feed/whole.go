package feed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Text returns the text of a small file beside the feed, which is read as a file of the feed is: by its byte order mark, else as
// UTF-8, else in the configured encoding, else not at all. Its lines end with LF. If the text cannot be read, line has the place.
func Text(data []byte, configured string) (text []byte, line int, err error) {
	t, marked := markOf(data)
	if data = data[t.bom:]; !marked {
		if t, err = chooseText(bytes.NewReader(data), configured); err != nil {
			return nil, 0, err
		}
	}
	text, err = io.ReadAll(t.decode(bytes.NewReader(data)))
	if err != nil {
		return nil, 0, fmt.Errorf("decode the file: %w", err)
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	for l := range bytes.Lines(text) {
		line++
		if !t.sound(l) {
			return nil, line, errors.New(t.wrong())
		}
	}
	return text, 0, nil
}
