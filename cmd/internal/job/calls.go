package job

import (
	"math"

	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// filterCalls look for a default response filter before the first part is compared.
const filterCalls = 1

// Calls counts the calls about users that a run of a plan makes, and the seconds they take at least. Calls for the token
// and about the state of loads are not counted.
type Calls struct {
	LookUp   int `json:"look_up"`
	Write    int `json:"write"`
	ReadBack int `json:"read_back"`
	Total    int `json:"total"`
	Seconds  int `json:"seconds"`
}

// add counts the calls that write a part and read it back.
func (c *Calls) add(p export.Part, data []byte) error {
	sent := p.Rows
	if p.Route == export.ByAPI {
		calls, unchanged, err := directory.WriteCalls(data, coupa.Element)
		if err != nil {
			return err
		}
		c.Write, sent = c.Write+calls, p.Rows-unchanged
	}
	c.ReadBack += directory.Calls(sent)
	return nil
}

// of returns the calls of a plan from those of its parts. A plan that a limit holds sends nothing.
func (c Calls) of(p *prospect.Prospect, sends bool) *Calls {
	cfg := p.Pipe.Config
	if !sends {
		c.Write = 0
	}
	switch {
	case !sends || !cfg.Verify:
		c.ReadBack = 0
	case c.ReadBack > 0:
		c.ReadBack += filterCalls
	}
	c.LookUp = p.LookUps
	c.Total = c.LookUp + c.Write + c.ReadBack
	c.Seconds = int(math.Ceil(float64(c.Total) / max(cfg.Coupa.Rate, 0.01)))
	return &c
}
