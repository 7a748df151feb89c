package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// notices checks all targets of notices and sends them nothing. What it finds stops no run. Still, a run that tells no person
// of its faults is a fault itself.
func (d *doctor) notices(ctx context.Context) {
	if !d.blind("notices", "notify", "heartbeat") {
		d.targets(ctx)
	}
	d.outbox()
	if !d.blind("metrics", "metrics") {
		d.metrics()
	}
}

func (d *doctor) targets(ctx context.Context) {
	cfg := d.pipe.Config
	texts, err := wiring.NoticeTexts(cfg)
	if err != nil {
		return // reported as a fault of the config
	}
	list := wiring.Targets(cfg, texts)
	d.unheard(list)
	looks := make([]notify.Looker, len(list))
	for i, t := range list {
		looks[i] = t.To
	}
	if !cfg.Heartbeat.URL.IsZero() {
		looks = append(looks, &notify.Heartbeat{URL: cfg.Heartbeat.URL})
	}
	seen, errs := make([]string, len(looks)), make([]error, len(looks))
	var all export.Group
	for i, l := range looks {
		all.Go(func() { seen[i], errs[i] = l.Look(ctx) })
	}
	all.Wait()
	if ctx.Err() != nil {
		return
	}
	for i, l := range looks {
		if errs[i] != nil {
			d.fail(export.ExitFault, l.String(), errs[i])
			continue
		}
		d.ok(l.String(), "%s; hr2coupa notify test proves the rest", seen[i])
	}
}

// unheard reports the kinds of notices that no target takes.
func (d *doctor) unheard(list []notify.Target) {
	if len(list) == 0 {
		d.warn("notices", export.Hint(errors.New("no notice is sent when something is wrong: only the exit code and the log show it"), "set notify in the config"))
		return
	}
	var kinds []string
	for _, k := range export.NoticeKinds() {
		if !slices.ContainsFunc(list, func(t notify.Target) bool { return slices.Contains(t.On, k) }) {
			kinds = append(kinds, string(k))
		}
	}
	if len(kinds) > 0 {
		d.warn("notices", export.Hint(fmt.Errorf("no notice is sent about %s", strings.Join(kinds, ", ")), "add it to the on of a target"))
	}
}

// outbox reports notices that earlier starts could not send.
func (d *doctor) outbox() {
	dir := d.pipe.Config.Ledger
	if _, err := os.Stat(filepath.Join(dir, "ledger.db")); err != nil {
		return
	}
	l, err := wiring.OpenLedger(d.env, dir)
	if err != nil {
		return // reported with the ledger
	}
	defer l.Close() // only read from
	due, err := l.Due()
	switch {
	case err != nil:
		d.fail(export.ExitFault, "outbox", err)
	case len(due) > 0:
		first := due[0]
		d.warn("outbox", export.Hint(fmt.Errorf("%s not sent since %s: %s", export.Plural(len(due), "notice"), first.Made.UTC().Format(time.RFC3339), cmp.Or(first.Error, "not tried yet")),
			"the next run tries again"))
	}
}

func (d *doctor) metrics() {
	file := d.pipe.Config.Metrics.Textfile
	if file == "" {
		return
	}
	dir := filepath.Dir(file)
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = os.ErrNotExist
	}
	if err == nil {
		err = disk.Writable(dir)
	}
	if err != nil {
		d.fail(export.ExitFault, "metrics", export.Hint(fmt.Errorf("%s cannot be written: %w", file, regular.Cause(err)), "let this user write into %s, or set metrics.textfile to another folder", dir))
		return
	}
	d.ok("metrics", "%s can be written", file)
}
