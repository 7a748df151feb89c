package show

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// Of the findings of a comparison, a page has no more than pageFindings. Each class has at least pageFindingsEach, if it has so
// many. More would be a book that no one prints, and that a browser opens slowly.
const (
	pageFindings     = 1000
	pageFindingsEach = 50
)

const reconcilePageKind pageKind = "hr2coupa reconcile"

// ReconcileFiles say which files a comparison is written to, and what the page has on top.
type ReconcileFiles struct {
	CSV, Page string // "": none
	Control   string // the control that the page is evidence for; "": a line to fill in
	Period    string // that the control is about; "": a line to fill in
}

// check returns an error if a file is there and is none of ours, before anything is compared.
func (f *ReconcileFiles) check() error {
	if f.CSV != "" {
		if err := mayReplace("reconcile --csv", f.CSV, "a file of findings", reconcileMark); err != nil {
			return err
		}
	}
	if f.Page == "" {
		return nil
	}
	if err := mayReplace("reconcile --html", f.Page, "a page of a comparison", reconcilePageKind.mark()); err != nil {
		return err
	}
	if f.CSV != "" {
		return nil
	}
	return mayReplace("reconcile --html", f.beside(), "a file of findings", reconcileMark)
}

// beside returns the path of the file with all findings that a page has no room for.
func (f *ReconcileFiles) beside() string {
	return strings.TrimSuffix(f.Page, ".html") + ".findings.csv"
}

// write writes the files. CSV is then the one with all findings, if there is one.
func (f *ReconcileFiles) write(r *reconciling.Result, by export.Operator) error {
	if f.Page != "" {
		p := &reconcilePage{r: r, f: f, by: by}
		if err := p.gather(); err != nil {
			return err
		}
		if some := p.shown < p.all || p.leftMore > 0; f.CSV == "" && some {
			f.CSV = f.beside()
		} else if f.CSV == "" {
			if err := os.Remove(f.beside()); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove the findings of an earlier page: %w", err)
			}
		}
		err := replacePage(f.Page, func(w *pageWriter) {
			p.pageWriter = w
			p.write()
		})
		if err != nil {
			return err
		}
	}
	if f.CSV == "" {
		return nil
	}
	return writeFindings(f.CSV, r)
}

// reconcilePage writes the page of a comparison. It holds as many findings as the page shows, and no more.
type reconcilePage struct {
	*pageWriter
	r          *reconciling.Result
	f          *ReconcileFiles
	by         export.Operator
	of         map[reconcile.Class][]pageFinding
	shown, all int // findings
	left       []pageRow
	leftMore   int
}

// pageFinding is a person or a user, with both values of each column in which they differ.
type pageFinding struct {
	Where string
	Names []string
	Says  []string
	Cells []pageTwo
}

// pageTwo is a cell with two values.
type pageTwo struct {
	Column, HR, Coupa     string
	Unshown               bool // Coupa's side does not show it
	OnlyInHR, OnlyInCoupa []string
	Cause                 string
}

// gather takes the findings for the page, in one pass over all of them.
func (p *reconcilePage) gather() error {
	room := p.room()
	p.of = map[reconcile.Class][]pageFinding{}
	err := p.r.Each(func(f *reconcile.Finding) error {
		if f.Class == reconcile.LeftOut {
			return nil
		}
		if len(p.of[f.Class]) < room[f.Class] {
			p.of[f.Class] = append(p.of[f.Class], findingOnPage(f))
			p.shown++
		}
		p.all++
		return nil
	})
	for row := range p.r.LeftRows() {
		if !notExcluded(row) {
			continue
		}
		if len(p.left) == pageRows {
			p.leftMore++
			continue
		}
		p.left = append(p.left, pageRow{Origin: export.Plain(row.Origin.String()), Key: export.Plain(row.Key), Why: export.Plain(valued(row.Faults))})
	}
	return err
}

// room returns how many findings of each class the page shows: a few of each, and for the rest the gravest first.
func (p *reconcilePage) room() map[reconcile.Class]int {
	room, left := map[reconcile.Class]int{}, pageFindings
	for _, class := range reconcile.Classes() {
		if class != reconcile.Equal {
			room[class] = min(p.r.Classes[class], pageFindingsEach)
			left -= room[class]
		}
	}
	for _, class := range reconcile.Classes() {
		if class != reconcile.Equal {
			more := min(p.r.Classes[class]-room[class], left)
			room[class] += more
			left -= more
		}
	}
	return room
}

func findingOnPage(f *reconcile.Finding) pageFinding {
	out := pageFinding{}
	if f.Origin.File != "" {
		out.Where = export.Plain(f.Origin.String())
	}
	for _, name := range []string{f.Key, f.Login} {
		if name != "" {
			out.Names = append(out.Names, export.Plain(name))
		}
	}
	if f.ID != "" {
		out.Names = append(out.Names, "Coupa id "+export.Plain(f.ID))
	}
	out.Says = plain(FindingSays(f))
	for _, c := range f.Cells {
		two := pageTwo{Column: export.Plain(c.Column), HR: export.Plain(c.New), Coupa: export.Plain(c.Old), Unshown: !c.Known, Cause: causeWords[c.Cause]}
		if c.Known && (c.Gained != nil || c.Lost != nil) {
			two.OnlyInHR, two.OnlyInCoupa = plain(c.Gained), plain(c.Lost)
		}
		out.Cells = append(out.Cells, two)
	}
	return out
}

// Lists reports whether the cell is a list, of which only the names that one side alone has are shown.
func (c pageTwo) Lists() bool { return len(c.OnlyInHR)+len(c.OnlyInCoupa) > 0 }

// pageBar is a count with its bar. Tone is bad for a difference.
type pageBar struct {
	ID, Name, Bar, Share, Tone string
	N                          int
	Causes                     []pageCount // of a column with two values
}

func toneOfClass(class reconcile.Class) string {
	switch {
	case class == reconcile.Equal:
		return "good"
	case class.Agrees():
		return "calm"
	}
	return "bad"
}

func (p *reconcilePage) classes() (out []pageBar) {
	whole := 0
	for _, n := range p.r.Classes {
		whole += n
	}
	for _, class := range reconcile.Classes() {
		n := p.r.Classes[class]
		if n == 0 && class.Agrees() {
			continue // that there is none of a difference says much, and none of these nothing
		}
		out = append(out, pageBar{ID: string(class), Name: classWords[class].word, Bar: bar(n, whole), Share: share(n, whole), Tone: toneOfClass(class), N: n})
	}
	return out
}

// columnBars returns the counts of columns; the longest bar is that of the greatest.
func columnBars(of map[string]int) (out []pageBar) {
	most := 0
	for _, n := range of {
		most = max(most, n)
	}
	names := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
	for _, name := range names {
		out = append(out, pageBar{Name: export.Plain(name), Bar: bar(of[name], most), Tone: "bad", N: of[name]})
	}
	return out
}

// columns returns the columns with two values, and how many have which cause.
func (p *reconcilePage) columns() []pageBar {
	out := columnBars(p.r.Result.Columns)
	for i := range out {
		if len(p.r.Causes) > 0 {
			for _, why := range reconcile.Causes() {
				out[i].Causes = append(out[i].Causes, pageCount{causeWords[why], p.r.Causes[out[i].Name][why]})
			}
		}
	}
	return out
}

func (p *reconcilePage) causeNames() (names []string) {
	if len(p.r.Causes) > 0 {
		for _, why := range reconcile.Causes() {
			names = append(names, causeWords[why])
		}
	}
	return names
}

// pastBars returns what the ledger says of those who are not equal.
func (p *reconcilePage) pastBars() (out []pageCount) {
	for _, class := range []reconcile.Class{reconcile.OnlyActive, reconcile.OnlyInactive} {
		for _, past := range []reconcile.Past{reconcile.OnceOurs, reconcile.Never} {
			if n := p.r.Only[class][past]; n > 0 {
				out = append(out, pageCount{classWords[class].word + ": " + pastWords[past], n})
			}
		}
	}
	if p.r.Open > 0 {
		out = append(out, pageCount{"not equal, and still open from an earlier run", p.r.Open})
	}
	return out
}

// pageSide is one line about both sides.
type pageSide struct{ What, HR, Coupa string }

func (p *reconcilePage) sides() (out []pageSide) {
	r := p.r
	say := func(what, hr, coupa string) { out = append(out, pageSide{what, export.Plain(hr), export.Plain(coupa)}) }
	var hr []string
	for _, f := range r.Files {
		hr = append(hr, "feed "+f.Name)
	}
	if r.Ledger {
		hr = []string{"last state of the ledger: HR was not read"}
	}
	name, read := "users of "+r.Instance+", read by API", export.Plural(r.Coupa.Read, "user")+", with "+export.Plural(r.Calls, "call")
	if r.Export != nil {
		name, read = "Users export "+r.Export.Name+" of "+r.Instance, export.Plural(r.Coupa.Read, "user")
	}
	say("what it is", strings.Join(hr, ", "), name)
	say("read to its end", fmt.Sprintf("%s of %s", export.Plural(r.HR.Read, "row"), export.Plural(r.Records, "record")), read)
	only := r.OnlyUsers()
	say("compared", fmt.Sprint(r.HR.Compared), fmt.Sprintf("%d: %d paired with HR's people, %d only in Coupa", r.Coupa.Compared, r.Coupa.Compared-only, only))
	say("left out", leftOutSide(r.HR.LeftOut), leftOutSide(r.Coupa.LeftOut))
	say("sha256 of all who are compared", r.HR.Hash, r.Coupa.Hash)
	for i := range max(len(r.Files), 1) {
		var file [2]string
		if i < len(r.Files) {
			file[0] = r.Files[i].SHA256
		}
		if i == 0 && r.Export != nil {
			file[1] = r.Export.SHA256
		}
		say("sha256 of the file", file[0], cmp.Or(file[1], "-"))
	}
	return out
}

func leftOutSide(of map[reconcile.Reason]int) string {
	var parts []string
	for _, why := range reconcile.Reasons() {
		if n := of[why]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, reasonWords[why]))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// facts are what was compared, how, when and by whom. Whoever made the page is not named where no one is.
func (p *reconcilePage) facts() []string {
	out := []string{"compared " + moment(p.r.At) + " UTC; it sends nothing and changes nothing"}
	if !p.r.Redacted && p.by != (export.Operator{}) {
		out[0] += "; started by " + p.by.String()
	}
	if p.r.Ledger {
		out = append(out, ledgerFact)
	}
	if p.r.Period != nil {
		out = append(out, periodLines(p.r.Period)...)
	}
	return plain(append(out, factsOfColumns(p.r)...))
}

// pageClass is the people and users of a class.
type pageClass struct {
	ID, Title string
	N, More   int
	Found     []pageFinding
}

func (p *reconcilePage) write() {
	r := p.r
	title := cmp.Or(export.Plain(p.f.Control), "HR and Coupa: do both sides agree?")
	script, hash := pageScript()
	p.piece("top", map[string]any{"Kind": reconcilePageKind, "Title": title, "Script": hash})
	rest := ""
	if p.f.CSV != "" {
		rest = export.Plain(filepath.Base(p.f.CSV))
	}
	p.piece("reconcile-head", map[string]any{
		"Title": title, "Agree": r.Agree, "Sentence": export.Plain(ReconcileSentence(r)), "Control": export.Plain(p.f.Control), "Period": export.Plain(cmp.Or(p.f.Period, r.Period.Days())),
		"Redacted": r.Redacted, "Facts": p.facts(), "Leavers": pageLeavers(r.Period), "LeaversMore": moreLeavers(r.Period), "Sides": p.sides(), "Classes": p.classes(), "Columns": p.columns(), "CauseNames": p.causeNames(), "Past": p.pastBars(), "Unshown": columnBars(r.Unshown),
		"Shown": p.shown, "All": p.all, "File": rest, "Some": p.shown < p.all,
	})
	for _, class := range reconcile.Classes() {
		if n := r.Classes[class]; n > 0 && class != reconcile.Equal {
			p.piece("reconcile-class", pageClass{string(class), classWords[class].title, n, n - len(p.of[class]), p.of[class]})
		}
	}
	var doubles []string
	for _, d := range r.Doubles[:min(len(r.Doubles), pageRows)] {
		doubles = append(doubles, export.Plain(DoubleText(d)))
	}
	p.piece("reconcile-tail", map[string]any{
		"Doubles": doubles, "DoublesAll": len(r.Doubles), "DoublesMore": len(r.Doubles) - len(doubles), "Left": p.left, "LeftMore": p.leftMore, "LeftAll": len(p.left) + p.leftMore,
	})
	if p.err == nil && p.shown > 0 {
		_, p.err = p.w.Write(script)
	}
	p.piece("bottom", nil)
}

// pageScript returns the script of the page of a comparison, and its hash: the page allows no other script.
var pageScript = sync.OnceValues(func() (script []byte, hash string) {
	var b bytes.Buffer
	if err := pagePieces().ExecuteTemplate(&b, "reconcile-script", nil); err != nil {
		panic("show: the script of a page: " + err.Error())
	}
	_, code, _ := bytes.Cut(b.Bytes(), []byte("<script>"))
	code, _, _ = bytes.Cut(code, []byte("</script>"))
	sum := sha256.Sum256(code)
	return b.Bytes(), "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
})
