package doctor

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/drop"
)

// clockTolerance is how far the two clocks may differ: the Date of an answer and its way here are good to seconds.
const clockTolerance = time.Minute

func (d *doctor) via(way string) bool { return slices.Contains(d.pipe.Config.Load.Via, way) }

// byAPI reports whether a run asks Coupa's API: for verdicts, or about people.
func (d *doctor) byAPI() bool {
	return d.via("api") || d.pipe.Config.Verify || d.looksUp() || d.pipe.AsksLists()
}

// looksUp reports whether a run sends nothing if it cannot ask about people.
func (d *doctor) looksUp() bool {
	return d.pipe.Config.Preflight || d.pipe.Config.Route != config.RouteCSV
}

// noFiles reports whether a run sends no file because the config names no way for one.
func (d *doctor) noFiles() bool {
	return d.pipe.Config.Route == config.RouteAPI && d.pipe.Config.SFTP.Address == ""
}

// patienceOfDoctor is for how long a call to Coupa is tried again: a person waits, and can run the doctor again.
const patienceOfDoctor = 5 * time.Second

func (d *doctor) coupa() coupa.Config {
	c := wiring.CoupaConfig(d.pipe.Config)
	c.CheckBudget = patienceOfDoctor
	return c
}

var errNoToken = errors.New("not asked: there is no token")

// clock compares the machine's clock with the instance's. Part names, effective days and the time window in which a load is
// looked for come from it.
func (d *doctor) clock(ctx context.Context) {
	if d.blind("clock", "instance", "production", "coupa.url") {
		return
	}
	ahead, err := coupa.Clock(ctx, d.coupa(), d.env.Log)
	switch {
	case ctx.Err() != nil:
	case err != nil && !d.byAPI() && !d.via("page"):
		d.warn("clock", err) // the run itself needs no HTTPS
	case err != nil:
		d.fail(exitOf(err), "clock", err)
	default:
		off, word := ahead, "behind" // this machine's
		if off < 0 {
			off, word = -off, "ahead of"
		}
		if off > clockTolerance {
			d.warn("clock", export.Hint(fmt.Errorf("this machine is %s %s the instance: its loads are looked for around the wrong time, and a new day begins at the wrong time", off.Round(time.Second), word),
				"set this machine's clock by NTP, or ask Coupa"))
			return
		}
		d.ok("clock", "within %s of the instance's", clockTolerance)
	}
}

// exitOf returns the code of a fault on the way to Coupa: 2 if the client refuses the config, else 4.
func exitOf(err error) int {
	if not := new(export.NotDeliveredError); errors.As(err, &not) {
		return export.ExitNotDelivered
	}
	return export.ExitUsage
}

// tokens asks for a token. If Coupa refuses the scopes, it asks for each alone to name those that are refused.
func (d *doctor) tokens(ctx context.Context) {
	if !d.byAPI() || d.blind("token", "instance", "production", "coupa") {
		return
	}
	c := d.coupa()
	client, err := coupa.NewClient(c, d.env.Log)
	if err != nil {
		d.fail(export.ExitUsage, "token", err)
		return
	}
	d.client = client
	err = client.Prepare(ctx)
	if err == nil {
		d.token = true
		d.ok("token", "Coupa issues a token for %s", strings.Join(c.Scopes, ", "))
		return
	}
	d.fail(export.ExitNotDelivered, "token", err)
	var not *export.NotDeliveredError
	if !errors.As(err, &not) || not.What != export.NoScope || len(c.Scopes) < 2 {
		return
	}
	for _, scope := range c.Scopes {
		c.Scopes = []string{scope}
		one, err := coupa.NewClient(c, d.env.Log)
		if err == nil {
			err = one.Prepare(ctx)
		}
		if err != nil {
			d.fail(export.ExitNotDelivered, "scope "+scope, err)
			continue
		}
		d.ok("scope "+scope, "the client has it")
	}
}

// loads tries the call that reads verdicts.
func (d *doctor) loads(ctx context.Context) {
	if !d.via("api") || d.noFiles() {
		return
	}
	if !d.token {
		d.warn("loads", errNoToken)
		return
	}
	switch err := d.client.Check(ctx); {
	case err != nil && d.pipe.Config.Route == config.RouteAPI:
		d.warn("loads", export.Hint(err, "with route: api no verdict of a load is needed"))
		return
	case err != nil:
		d.fail(export.ExitNotDelivered, "loads", err)
		return
	}
	d.ok("loads", "data_file_sources answers: verdicts can be read (scope core.integration.read or core.common.read)")
}

// users tries the call that reads people back, if the scopes of the config include it.
func (d *doctor) users(ctx context.Context) {
	scopes := d.pipe.Config.Coupa.Scopes
	if !d.byAPI() || !slices.ContainsFunc(scopes, func(s string) bool { return strings.HasPrefix(s, "core.user.") }) {
		return
	}
	if !d.token {
		d.warn("users", errNoToken)
		return
	}
	switch err := d.client.Users().Check(ctx); {
	case err == nil:
		d.ok("users", "users can be read")
	case d.looksUp(): // then nothing is sent
		d.fail(export.ExitNotDelivered, "users", err)
	default:
		d.warn("users", err) // no delivery needs it
	}
	d.match(ctx)
	if slices.Contains(scopes, "core.user.write") {
		d.ok("scope core.user.write", "the token has it; only a write would prove more, so doctor makes none")
	}
}

// match tries a query by each element of layout.match, since an instance may not let users be looked up by all of them.
func (d *doctor) match(ctx context.Context) {
	for _, column := range d.pipe.Match {
		e, _ := coupa.Element(column)
		switch err := d.client.Users().CanQuery(ctx, e); {
		case ctx.Err() != nil:
		case err != nil:
			d.fail(exitOf(err), "layout.match", err)
		default:
			d.ok("layout.match", "users can be looked up by %s", column)
		}
	}
}

// page tries address and cookie of the page of loads, if verdicts may come from it.
func (d *doctor) page(ctx context.Context) {
	if !d.via("page") || d.blind("page", "instance", "production", "coupa") {
		return
	}
	p, err := coupa.NewPage(d.coupa(), d.env.Log)
	if err != nil {
		d.fail(export.ExitUsage, "page", err)
		return
	}
	if err := p.Check(ctx); err != nil {
		d.fail(export.ExitNotDelivered, "page", err)
		return
	}
	d.ok("page", "/data_sources can be read with coupa.page_cookie")
}

// sftp tries the way of a file: connection, host key, login, folders.
func (d *doctor) sftp(ctx context.Context) {
	if d.blind("sftp", "sftp") {
		return
	}
	if d.noFiles() {
		d.withoutFiles()
		return
	}
	c := d.pipe.Config.SFTP
	s, err := drop.Dial(ctx, wiring.DropConfig(d.pipe.Config), d.env.Log)
	if err != nil {
		d.notIn(err)
		return
	}
	defer s.Close() // nothing is lost with it
	d.ok("sftp", "%s answers within %s", c.Address, s.RTT().Round(time.Millisecond))
	d.ok("host key", "matches the pinned one")
	d.ok("login", "%s may log in", c.User)
	d.folder(ctx, s)
	d.staging(ctx, s)
	d.archives(ctx, s)
}

// withoutFiles looks for a file that an earlier run has left and that no run can send any more.
func (d *doctor) withoutFiles() {
	var left []export.Part
	if dir := d.pipe.Config.Ledger; wiring.LedgerExists(dir) { // a ledger that cannot be read is reported with the ledger
		if l, err := wiring.OpenLedger(d.env, dir); err == nil {
			left, _ = l.Unfinished()
			l.Close()
		}
	}
	if i := slices.IndexFunc(left, func(p export.Part) bool { return p.Route == export.ByCSV }); i >= 0 {
		d.fail(export.ExitNotDelivered, "sftp", export.Hint(fmt.Errorf("part %s of run %s goes over SFTP, and the config has no section sftp", left[i].Name, left[i].Run),
			"put the section back until that part has a verdict"))
		return
	}
	d.ok("sftp", "not checked: route: api, and the config has no section sftp")
}

// notIn reports how far connecting has come.
func (d *doctor) notIn(err error) {
	stages := []export.Obstacle{export.NoSFTP, export.NoHostKey, export.NoLogin}
	fine := []string{"the server answers", "matches the pinned one", "accepted"}
	at, last := 0, export.NoSFTP
	var not *export.NotDeliveredError
	if errors.As(err, &not) {
		at = max(slices.Index(stages, not.What), 0)
		switch not.What {
		case export.NoPermission: // logged in, and no SFTP
			at = len(stages)
		case export.WrongStaging, export.WrongArchives: // logged in, and the config takes one folder for two
			at, last = len(stages), not.What
		}
	}
	for i, stage := range stages[:at] {
		d.ok(stage.String(), "%s", fine[i])
	}
	d.fail(export.ExitNotDelivered, append(stages, last)[at].String(), err)
	d.warn("folders", errors.New("not checked: there is no session"))
}

func (d *doctor) folder(ctx context.Context, s *drop.Session) {
	c := d.pipe.Config.SFTP
	if _, err := s.List(ctx, c.Folder); err == nil {
		d.ok("drop folder", "%s exists and can be listed; the first real rename proves that files can be renamed into it", c.Folder)
		return
	} else if not := new(export.NotDeliveredError); !errors.As(err, &not) || not.What != export.NoPermission {
		d.fail(export.ExitNotDelivered, "drop folder", err)
		return
	}
	const ask = "ask for the right to list it, so that you can see what lies there"
	if err := s.Seen(ctx); err == nil {
		d.warn("drop folder", export.Hint(fmt.Errorf("%s may not be listed. Single files can be looked up, which is all that a delivery needs", c.Folder), ask))
	} else if c.Direct || c.Staging != drop.Auto {
		d.warn("drop folder", export.Hint(fmt.Errorf("%s may not be listed. Only the load can show that a part has arrived", c.Folder), ask))
	} else {
		d.fail(export.ExitNotDelivered, "drop folder", err)
	}
}

// staging writes a probe only into a folder that Coupa does not read.
func (d *doctor) staging(ctx context.Context, s *drop.Session) {
	c := d.pipe.Config.SFTP
	switch {
	case c.Direct:
		d.warn("staging", export.Hint(errors.New("sftp.direct writes under the final name, so Coupa could pick up half a file"), "remove sftp.direct if the server can rename"))
		return
	case c.Staging == drop.Auto:
		d.ok("staging", "a dotted name in the drop folder, where doctor writes nothing: the first real rename proves it")
		return
	}
	if _, err := s.List(ctx, c.Staging); err != nil {
		d.fail(export.ExitNotDelivered, "staging", err)
		return
	}
	switch err := s.Probe(ctx); {
	case errors.Is(err, drop.ErrScanned):
		d.ok("staging", "%s exists; doctor writes nothing so near to what Coupa reads: the first real rename proves it", c.Staging)
	case err != nil:
		d.fail(export.ExitNotDelivered, "staging", err)
	default:
		d.ok("staging", "%s: a probe file was written, read and removed; the first real rename proves that it is on the drop folder's disk", c.Staging)
	}
}

// archives checks the archive folders, which are evidence. One of those that Coupa's pages name is enough.
func (d *doctor) archives(ctx context.Context, s *drop.Session) {
	var why error
	for _, dir := range d.pipe.Config.SFTP.Archive {
		_, err := s.List(ctx, dir)
		if err == nil {
			d.ok("archives", "%s can be listed", path.Clean(dir))
			return
		}
		if not := new(export.NotDeliveredError); why == nil || errors.As(err, &not) && not.What == export.NoPermission {
			why = err
		}
	}
	d.warn("archives", export.Hint(fmt.Errorf("none can be listed, so a part in doubt cannot be found there (%s)", exit.Said(why)), "set sftp.archive to where Coupa moves files, or ask for the right to list it"))
}
