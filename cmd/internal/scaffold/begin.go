package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

// initResult is what init prints.
type initResult struct {
	Config  string   `json:"config"`
	Feed    string   `json:"feed"`
	Records int      `json:"records"` // read
	Key     string   `json:"key"`
	Columns []*guess `json:"columns"`
	Unknown []string `json:"unknown_status,omitempty"` // words of unknown meaning
	Leaves  string   `json:"leaves,omitempty"`         // feed.leaves
	Unused  []string `json:"unused,omitempty"`         // columns of the feed that the mapping does not read
	Next    string   `json:"next"`

	leaves    *leaves
	everybody string // why it may be a snapshot
}

// Begin writes a config for the feed at path to output, which must not exist yet, and prints what it chose.
func Begin(ctx context.Context, env *wiring.Env, path, output string) error {
	if _, err := os.Lstat(output); !errors.Is(err, fs.ErrNotExist) {
		return alreadyThere(output)
	}
	_, done := env.Wait(ctx, "reading the beginning of the feed")
	s, err := sampleFeed(path)
	done()
	if err != nil {
		return err
	}
	if s.records == 0 {
		return &export.UnusableFeedError{File: filepath.Base(path), Why: "no record of it can be read, and a mapping is guessed from records"}
	}
	if !isJSONLines(path) {
		if err := s.headed(); err != nil {
			return err
		}
	}
	p, err := propose(s)
	if err != nil {
		return err
	}
	text, err := settleProposal(ctx, env, p, output)
	if err != nil {
		return err
	}
	if err := writeNew(output, text); err != nil {
		return err
	}
	return printBegun(env, p.result(output))
}

func alreadyThere(path string) error {
	return export.Hint(exit.Usage("%s exists already, and init overwrites nothing", path), "name another file with -o")
}

// writeNew writes a config that only its owner can read: it has the feed's columns and words, and secrets may follow.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // own file: new, or an error
	if errors.Is(err, fs.ErrExist) {
		return alreadyThere(path)
	}
	if err != nil {
		return exit.Usage("%w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

var digits = regexp.MustCompile(`\d{4,}([-_]?\d{2,})*`)

// yaml returns the proposal as the text of a config at output.
func (p *proposal) yaml(output string) ([]byte, error) {
	tpl, err := template.New("init").Parse(templates.InitConfig())
	if err != nil {
		return nil, fmt.Errorf("init's config: %w", err)
	}
	file, err := fromFolderOf(output, p.sample.path)
	if err != nil {
		return nil, err
	}
	pattern := digits.ReplaceAllString(filepath.Base(file), "*")
	if pattern == filepath.Base(file) {
		pattern = ""
	}
	key := "login"
	for _, g := range p.columns {
		if g.Name == wiring.EmployeeNumber && !g.Out {
			key = "employee_number"
		}
	}
	type column struct {
		Name, Expr, Why string
		Out             bool
	}
	var columns []column
	for _, g := range p.columns {
		columns = append(columns, column{yamlText(g.Name), yamlText(g.Expr), export.Plain(g.Why.String()), g.Out})
	}
	var statuses []statusWord
	for _, w := range p.words {
		statuses = append(statuses, statusWord{yamlText(w.Word), w.Status})
	}
	var b bytes.Buffer
	err = tpl.Execute(&b, map[string]any{
		"Name": export.Plain(filepath.Base(p.sample.path)), "Looked": p.looked(), "File": quoted(filepath.ToSlash(file)), "Pattern": export.Plain(pattern),
		"Key": yamlText(p.key.name), "KeyWhy": export.Plain(p.keyWhy.String()), "Delimiter": delimiterText(p.sample.delimiter), "DelimiterWhy": "the header has most columns with it",
		"Encoding": p.sample.encoding, "Columns": columns, "Words": statuses, "Unused": export.Plain(strings.Join(p.unused(), ", ")), "LayoutKey": key,
		"Leaves": p.leaves, "Everybody": p.everybody(),
	})
	return b.Bytes(), err
}

func (p *proposal) looked() string {
	s := fmt.Sprintf("%s, %s", export.Plural(len(p.sample.fields), "column"), export.Plural(p.sample.records, "record")+" read")
	if p.sample.broken > 0 {
		s += fmt.Sprintf(", %d could not be read", p.sample.broken)
	}
	return s
}

func (p *proposal) unused() []string {
	var names []string
	for _, f := range p.sample.fields {
		if !p.used[f.name] {
			names = append(names, f.name)
		}
	}
	return names
}

// fromFolderOf returns the path of a feed as a config at output names it.
func fromFolderOf(output, feed string) (string, error) {
	abs, err := filepath.Abs(feed)
	if err != nil {
		return "", err
	}
	dir, err := filepath.Abs(filepath.Dir(output))
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(dir, abs); err == nil && filepath.IsLocal(rel) {
		return rel, nil
	}
	return abs, nil
}

func delimiterText(d string) string {
	if d == "" {
		return ""
	}
	return quoted(d)
}

// quoted returns a YAML text in double quotes; JSON's texts are a subset of YAML's.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""` // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// bare matches texts that need no quotes in YAML.
var bare = regexp.MustCompile(`^[A-Za-z_][^\x00-\x1f\x7f]*$`)

func yamlText(s string) string {
	switch strings.ToLower(s) {
	case "y", "yes", "n", "no", "true", "false", "on", "off", "null":
		return quoted(s)
	}
	if !bare.MatchString(s) || strings.Contains(s, ": ") || strings.Contains(s, " #") || strings.HasSuffix(s, ":") || strings.HasSuffix(s, " ") {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '\'' }) {
			return quoted(s)
		}
		return "'" + s + "'"
	}
	return s
}

func (p *proposal) result(output string) *initResult {
	b := &initResult{
		Config: output, Feed: p.sample.path, Records: p.sample.records, Key: p.key.name, Columns: p.columns,
		Unused: p.unused(), Next: "hr2coupa plan -c " + output,
		leaves: p.leaves, everybody: p.everybody(),
	}
	if p.leaves != nil {
		b.Leaves = p.leaves.Expr
	}
	for _, w := range p.words {
		if w.Status == "" {
			b.Unknown = append(b.Unknown, w.Word)
		}
	}
	return b
}

func printBegun(env *wiring.Env, b *initResult) error {
	if env.JSON {
		return show.JSON(env, b)
	}
	w := env.Stdout.Text()
	w.Printf("%s is written from %s of %s; key %s\n", b.Config, export.Plural(b.Records, "record"), b.Feed, b.Key)
	for _, group := range []struct {
		title string
		out   bool
	}{{"Guessed: compare it with what HR means", false}, {"For you to decide", true}} {
		var rows [][]string
		for _, g := range b.Columns {
			if todo := g.Out || g.Expr == "nil"; todo == group.out {
				rows = append(rows, []string{g.Name, g.Expr, g.Why.text})
			}
		}
		for _, word := range b.Unknown {
			if group.out {
				rows = append(rows, []string{"Status", word, "active or inactive? its rows are quarantined until you decide"})
			}
		}
		if b.leaves != nil && b.leaves.Why.todo == group.out {
			rows = append(rows, []string{"feed.leaves", b.leaves.Expr, b.leaves.Why.text})
		}
		if b.everybody != "" && group.out {
			rows = append(rows, []string{"feed.kind", "snapshot", b.everybody})
		}
		if group.out {
			rows = append(rows, []string{"instance, sftp, coupa", "", "the addresses and accounts in the config are placeholders"},
				[]string{"notify", "", "no notice is sent yet if something is wrong"})
		}
		if len(rows) > 0 {
			w.Printf("\n%s\n", group.title)
			w.Table(rows)
		}
	}
	if len(b.Unused) > 0 {
		w.Printf("\nNot read\n  %s\n", strings.Join(b.Unused, ", "))
	}
	w.Printf("\nNext\n  %s\n", b.Next)
	return w.Err()
}

// settleProposal plans the records with the proposal. If an expression breaks Coupa's rules in more than one record of ten,
// the next expression replaces it, and after the last one a comment.
func settleProposal(ctx context.Context, env *wiring.Env, p *proposal, output string) ([]byte, error) {
	ctx, done := env.Wait(ctx, "trying the proposal: records")
	defer done()
	for {
		text, err := p.yaml(output)
		if err != nil {
			return nil, err
		}
		broken, err := tryConfig(ctx, env, output, text)
		if err != nil {
			return nil, err
		}
		if !p.giveWay(broken) {
			return text, nil
		}
	}
}

// breach is how often a column breaks a rule, and one of the messages.
type breach struct {
	times   int
	message string
}

// giveWay replaces expressions that break rules too often, and reports whether there were any. Each time the column has one
// expression less to try.
func (p *proposal) giveWay(broken map[string]breach) bool {
	changed := false
	for _, g := range p.columns {
		b := broken[g.Name]
		if g.Out || g.fixed || b.times*10 <= p.sample.records {
			continue
		}
		changed = true
		if len(g.others) > 0 {
			g.Expr, g.others = g.others[0], g.others[1:]
			continue
		}
		g.Out, g.Why = true, undecided(fmt.Sprintf("%d of %d records break a rule with it: %s", b.times, p.sample.records, b.message))
	}
	return changed
}

// tryConfig plans the beginning of the feed with a config that is not written yet.
func tryConfig(ctx context.Context, env *wiring.Env, output string, text []byte) (map[string]breach, error) {
	cfg, faults := config.Parse(ctx, output, text, config.OSEnv(env.Getenv), config.Options{})
	var pipe *wiring.Pipeline
	if len(faults) == 0 {
		pipe, faults = wiring.Compile(cfg)
	}
	if len(faults) > 0 {
		return nil, export.Ours(fmt.Errorf("the proposed config has a fault: %w", faults[0]))
	}
	now := env.Now().UTC()
	f, err := pipe.Open(cfg.Feed.Files, now)
	if err != nil {
		return nil, err
	}
	sink := breaches{}
	_, err = prospect.FirstLook(pipe, firstChunks{f}, now).Build(ctx, sink)
	return sink, err
}

// breaches is a sink that counts broken rules by Coupa column.
type breaches map[string]breach

func (breaches) Part(export.Part, []byte, []export.RowResult) (int64, error) { return 1, nil }
func (breaches) Name(int64, string) error                                    { return nil }
func (b breaches) Restart() error                                            { clear(b); return nil }

func (b breaches) Row(r export.RowResult, _ []export.KeptRecord) error {
	for _, f := range r.Faults {
		b[f.Field] = breach{b[f.Field].times + 1, f.Message}
	}
	return nil
}
