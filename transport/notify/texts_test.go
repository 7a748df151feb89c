package notify

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

func texts(t *testing.T) *Texts {
	t.Helper()
	x, err := NewTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// nasty returns a message with texts that try to be markup, in every form.
func nasty() Message {
	return Message{
		ID: "n1", Instance: "acme.example\r\nBcc: x@evil.example", Host: "<script>alert(1)</script>", Command: "run",
		At: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC), Run: "20261124T020000Z", Verdict: "partial", Exit: 3,
		Counts: map[string]int{"input": 3, "applied": 2, "quarantined": 1},
		Items: []Item{{
			Stage: GoesOn, Kind: export.NoticeQuarantine, Cause: "rows held back", Starts: 4, Owner: "it@acme.example",
			Behind: []Behind{{CauseCount: export.CauseCount{Rows: 2, Cause: export.Cause{Meaning: "no <!here> address", Todo: "mend *it*"}}, Places: "users_1.csv:2"}},
			Facts:  []string{"<!channel> <https://evil.example|click> users_[2026](x)_*.csv:2 & more"}, ToDo: []string{"hr2coupa status"},
		}},
	}
}

func TestTexts(t *testing.T) {
	x, m := texts(t), nasty()
	subject, err := x.Subject(m)
	if want := "hr2coupa acme.example Bcc: x@evil.example: still quarantine"; err != nil || subject != want {
		t.Errorf("subject %q (%v), want %q", subject, err, want)
	}
	html, err := x.HTML(m)
	if err != nil || strings.Contains(html, "<script>") || strings.Contains(html, "<!channel>") || strings.Contains(html, "<!here>") || !strings.Contains(html, "&lt;script&gt;") {
		t.Errorf("HTML not escaped (%v): %s", err, html)
	}
	plain, err := x.Text(m)
	for _, want := range []string{"run 20261124T020000Z: partial (exit 3)", "Records: 3 in = 2 applied + 1 quarantined", "still quarantine: rows held back", "for: it@acme.example", "met by 4 starts", "2 rows: no <!here> address\n    mend *it* (users_1.csv:2)", "> hr2coupa status"} {
		if err != nil || !strings.Contains(plain, want) {
			t.Errorf("the text lacks %q (%v): %s", want, err, plain)
		}
	}
}

func TestSlack(t *testing.T) {
	m := nasty()
	m.Items[0].Facts = append(m.Items[0].Facts, strings.Repeat("long ", 2000))
	body, err := texts(t).Slack(m)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Blocks) < 2 || got.Blocks[0].Type != "header" || got.Blocks[1].Text.Type != "mrkdwn" {
		t.Fatalf("blocks %+v", got.Blocks)
	}
	all := string(body)
	if strings.Contains(all, "<!channel>") || strings.Contains(all, "<!here>") || strings.Contains(all, "<https:") || !strings.Contains(all, "&lt;!channel&gt;") {
		t.Errorf("not escaped: %s", all)
	}
	for _, b := range got.Blocks {
		if n := len([]rune(b.Text.Text)); n == 0 || n > 3000 {
			t.Errorf("a block of %d characters", n)
		}
	}
}

func TestTeams(t *testing.T) {
	body, err := texts(t).Teams(nasty())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Type, Version string
				Body          []struct{ Type, Text string }
			}
		}
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	card := got.Attachments[0]
	if got.Type != "message" || card.ContentType != "application/vnd.microsoft.card.adaptive" || card.Content.Type != "AdaptiveCard" {
		t.Errorf("card: %s", body)
	}
	list := card.Content.Body[len(card.Content.Body)-1].Text
	if want := `users\_\[2026\](x)\_\*.csv:2`; !strings.Contains(list, want) || !strings.Contains(list, "\n- 2 rows: no &lt;!here> address. mend \\*it\\* (users\\_1.csv:2)\n- → hr2coupa status") {
		t.Errorf("last block %q lacks %q", list, want)
	}
}

// TestLongMessages: of a message that is too long for a chat, the beginning is sent, with a note that there is more.
func TestLongMessages(t *testing.T) {
	m := nasty()
	m.Items[0].Facts = []string{strings.Repeat("ä line \"with\" quotes ", 20)}
	for range 200 {
		m.Items = append(m.Items, m.Items[0])
	}
	slack, err := texts(t).Slack(m)
	if n := strings.Count(string(slack), `"type":"section"`); err != nil || n != 49 || !strings.HasSuffix(string(slack), andMore+"\"}}]}") {
		t.Errorf("%d sections (%v), and the end is %.80s", n, err, slack[len(slack)-80:])
	}
	teams, err := texts(t).Teams(m)
	if err != nil || len(teams) > 21_000 || len(teams) < 15_000 || !strings.Contains(string(teams), andMore) {
		t.Errorf("a card of %d bytes (%v)", len(teams), err)
	}
}

// TestOwnTemplates: the templates in an administrator's folder replace the built-in ones, and every fault in them is
// reported with its line.
func TestOwnTemplates(t *testing.T) {
	x, err := NewTexts(fstest.MapFS{"subject.tmpl": {Data: []byte("{{.Instance}} {{len .Items}}\n")}, "notes.txt": {}})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := x.Subject(nasty()); err != nil || s != "acme.example Bcc: x@evil.example 1" {
		t.Errorf("subject %q (%v)", s, err)
	}
	if s, err := x.Text(nasty()); err != nil || !strings.Contains(s, "Records:") {
		t.Errorf("the built-in text is not used: %q (%v)", s, err)
	}

	_, err = NewTexts(fstest.MapFS{
		"subject.tmpl": {Data: []byte("{{.Instance")},
		"html.tmpl":    {Data: []byte("<p>\n\n{{.Colour}}")},
		"text.tmpl":    {Data: []byte("a\n{{range .Items}}{{.Fact}}{{end}}")},
		"slak.tmpl":    {Data: []byte("x")},
	})
	if err == nil {
		t.Fatal("broken templates were taken")
	}
	for _, want := range []string{"subject.tmpl:1: ", "html.tmpl:3:", "text.tmpl:2:", "slak.tmpl: no notice is written from it"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}
