package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	html "html/template"
	"io"
	"io/fs"
	"slices"
	"strings"
	text "text/template"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

// forms returns the names of the templates; NAME.tmpl in an administrator's folder replaces one.
func forms() []string { return []string{"subject", "text", "html", "slack", "teams"} }

// Texts writes messages in the form that a target takes.
type Texts struct {
	by map[string]interface{ Execute(io.Writer, any) error }
}

// NewTexts compiles the built-in templates and, where dir is not nil, replaces them by those in dir. One error holds
// every fault of every template, each with file and line. Each template is tried on a message with every field set.
func NewTexts(dir fs.FS) (*Texts, error) {
	t := &Texts{by: map[string]interface{ Execute(io.Writer, any) error }{}}
	var faults []error
	for _, form := range forms() {
		name := form + ".tmpl"
		source, err := fs.ReadFile(templates.Notices(), name)
		if dir != nil {
			own, ownErr := fs.ReadFile(dir, name)
			if ownErr == nil {
				source = own
			} else if !errors.Is(ownErr, fs.ErrNotExist) {
				err = ownErr
			}
		}
		if err == nil {
			err = t.compile(form, name, string(source))
		}
		if err != nil {
			faults = append(faults, tidy(err))
		}
	}
	if dir != nil {
		faults = append(faults, strange(dir)...)
	}
	return t, errors.Join(faults...)
}

func (t *Texts) compile(form, name, source string) error {
	var err error
	if form == "html" {
		t.by[form], err = html.New(name).Parse(source)
	} else {
		t.by[form], err = text.New(name).Parse(source)
	}
	if err != nil {
		return err
	}
	for _, stage := range []Stage{"", Begun, Test} {
		m := Example(stage, "acme-test.coupahost.com", "hr1", time.Unix(0, 0).UTC())
		if err := t.by[form].Execute(io.Discard, m); err != nil {
			return err
		}
	}
	return nil
}

// tidy removes what template packages write before "NAME.tmpl:LINE:".
func tidy(err error) error {
	s := strings.TrimPrefix(err.Error(), "html/")
	return errors.New(oneLine(strings.TrimPrefix(s, "template: ")))
}

// strange finds templates with an unknown name: a misspelt one would never be used.
func strange(dir fs.FS) (faults []error) {
	names, err := fs.Glob(dir, "*.tmpl")
	if err != nil {
		return []error{err}
	}
	if _, err := fs.Stat(dir, "."); err != nil {
		return []error{errors.New("the folder cannot be read")}
	}
	for _, name := range names {
		if !slices.Contains(forms(), strings.TrimSuffix(name, ".tmpl")) {
			faults = append(faults, export.Hint(fmt.Errorf("%s: no notice is written from it", name), "use the names %s.tmpl", strings.Join(forms(), ".tmpl, ")))
		}
	}
	return faults
}

func (t *Texts) write(form string, m Message) (string, error) {
	var b bytes.Buffer
	if err := t.by[form].Execute(&b, m); err != nil {
		return "", fmt.Errorf("write the notice: %w", tidy(err))
	}
	return strings.TrimRight(b.String(), "\n") + "\n", nil
}

// Subject returns the subject of a mail, one line: whatever a template and a message hold, no header can begin in it.
func (t *Texts) Subject(m Message) (string, error) {
	s, err := t.write("subject", m)
	return oneLine(strings.Join(strings.Fields(s), " ")), err
}

// Text returns the plain part of a mail.
func (t *Texts) Text(m Message) (string, error) { return t.write("text", m) }

// HTML returns the HTML part of a mail. Every value of the message is escaped for its place.
func (t *Texts) HTML(m Message) (string, error) { return t.write("html", m) }

// Limits of Slack and Teams. Slack: 50 blocks, 150 characters in a header, 3,000 in a section. Teams: about 28 KB, of
// which others could use 21; a workflow answers 202 before it finds that a card is too large, so no error would be
// seen.
const (
	slackBlocks = 50
	teamsBytes  = 20_000
	andMore     = "and more: hr2coupa status shows it"
)

// Slack returns the body for an incoming webhook of Slack: a header and sections.
func (t *Texts) Slack(m Message) ([]byte, error) {
	subject, err := t.Subject(m)
	if err != nil {
		return nil, err
	}
	body, err := t.write("slack", m.each(slackText))
	if err != nil {
		return nil, err
	}
	type textObject struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	type block struct {
		Type string     `json:"type"`
		Text textObject `json:"text"`
	}
	blocks := []block{{"header", textObject{"plain_text", cut(subject, 150)}}}
	for _, paragraph := range paragraphs(body) {
		if len(blocks) == slackBlocks-1 {
			blocks = append(blocks, block{"section", textObject{"mrkdwn", andMore}})
			break
		}
		blocks = append(blocks, block{"section", textObject{"mrkdwn", cut(paragraph, 3000)}})
	}
	return encode(struct {
		Text   string  `json:"text"` // the text that a notification shows
		Blocks []block `json:"blocks"`
	}{slackText(subject), blocks})
}

// Teams returns the body for a Teams workflow that posts the card of a webhook: one adaptive card.
func (t *Texts) Teams(m Message) ([]byte, error) {
	subject, err := t.Subject(m)
	if err != nil {
		return nil, err
	}
	body, err := t.write("teams", m.each(teamsText))
	if err != nil {
		return nil, err
	}
	blocks := []map[string]any{{"type": "TextBlock", "text": teamsText(subject), "wrap": true, "size": "large", "weight": "bolder"}}
	room := teamsBytes
	for _, paragraph := range paragraphs(body) {
		if room -= len(paragraph) + 100; room < 0 { // 100 for the JSON around it
			blocks = append(blocks, map[string]any{"type": "TextBlock", "text": andMore, "wrap": true})
			break
		}
		blocks = append(blocks, map[string]any{"type": "TextBlock", "text": paragraph, "wrap": true})
	}
	return encode(map[string]any{
		"type": "message",
		"attachments": []map[string]any{{
			"contentType": "application/vnd.microsoft.card.adaptive",
			"content": map[string]any{
				"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": blocks,
			},
		}},
	})
}

// JSON returns the message itself as JSON.
func (t *Texts) JSON(m Message) ([]byte, error) { return encode(m) }

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err // a body that is signed in a shell has no line break at its end
}

// each returns the message with f applied to every text, so that no template can forget it.
func (m Message) each(f func(string) string) Message {
	m.Instance, m.Host, m.Command, m.Run, m.Verdict = f(m.Instance), f(m.Host), f(m.Command), f(m.Run), f(m.Verdict)
	items := make([]Item, len(m.Items))
	for n, i := range m.Items {
		i.Kind, i.Cause, i.Owner, i.Run = export.NoticeKind(f(string(i.Kind))), f(i.Cause), f(i.Owner), f(i.Run)
		i.Facts, i.ToDo = mapped(i.Facts, f), mapped(i.ToDo, f)
		i.Behind = slices.Clone(i.Behind)
		for b := range i.Behind {
			c := &i.Behind[b]
			c.Name, c.Meaning, c.Todo, c.Owner, c.Places = f(c.Name), f(c.Meaning), f(c.Todo), f(c.Owner), f(c.Places)
		}
		items[n] = i
	}
	m.Items = items
	return m
}

func mapped(list []string, f func(string) string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = f(s)
	}
	return out
}

// slackText escapes the characters that Slack's documentation names: &, < and >. The result can neither mention a
// person nor make a link.
func slackText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// teamsText escapes Markdown.
func teamsText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "`", "\\`", "<", "&lt;", "#", `\#`).Replace(s)
}

func paragraphs(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, "\n\n") {
		if p = strings.Trim(p, "\n"); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
