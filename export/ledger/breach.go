package ledger

import (
	"encoding/json"
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// storedBreach is a Breach as the ledger stores it: its fields, where a report shows a sentence.
type storedBreach struct {
	Limit    string          `json:"limit,omitempty"`
	Count    int             `json:"count,omitempty"`
	Percent  float64         `json:"percent,omitempty"`
	Approved int             `json:"approved,omitempty"`
	Allows   int             `json:"allows,omitempty"`
	Known    int             `json:"known,omitempty"`
	Has      int             `json:"has,omitempty"`
	Covered  int             `json:"covered,omitempty"`
	Used     int             `json:"used,omitempty"`
	UsedBy   []export.RunUse `json:"used_by,omitempty"`

	Text string `json:"text,omitempty"`
}

// EncodeBreaches returns the broken limits that hold a run in the form the ledger stores: a list in JSON, "" for none.
func EncodeBreaches(held []export.Breach) (string, error) {
	if len(held) == 0 {
		return "", nil
	}
	stored := make([]storedBreach, len(held))
	for i, b := range held {
		stored[i] = storedBreach(b)
	}
	text, err := json.Marshal(stored)
	return string(text), err
}

// DecodeBreaches reads the text that EncodeBreaches wrote.
func DecodeBreaches(text string) ([]export.Breach, error) {
	if text == "" {
		return nil, nil
	}
	var stored []storedBreach
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return nil, fmt.Errorf("read which limits hold a run: %w", err)
	}
	held := make([]export.Breach, len(stored))
	for i, b := range stored {
		held[i] = export.Breach(b)
	}
	return held, nil
}
