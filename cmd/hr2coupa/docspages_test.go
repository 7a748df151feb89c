package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	pageLink    = regexp.MustCompile(`\]\(([\w./-]*)(#[\w-]+)?\)`)
	pageHeading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInAnchor = regexp.MustCompile(`[^\w -]`)
)

// TestDocsLinks follows every link between the pages to its file and its heading.
func TestDocsLinks(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 10 {
		t.Fatalf("pages: %v (%v)", pages, err)
	}
	pages = append(pages, "../../README.md", "../../CONTRIBUTING.md", "../../CHANGELOG.md")
	links := 0
	for _, page := range pages {
		for _, m := range pageLink.FindAllStringSubmatch(document(t, page), -1) {
			links++
			target := page
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(page), m[1])
			}
			if text := document(t, target); m[2] != "" && !hasAnchor(text, strings.TrimPrefix(m[2], "#")) {
				t.Errorf("%s: no heading of %s is %s", page, target, m[2])
			}
		}
	}
	if links < 50 {
		t.Errorf("only %d links", links)
	}
}

// hasAnchor reports whether a heading of the page has this anchor, as GitHub makes it.
func hasAnchor(page, anchor string) bool {
	for _, m := range pageHeading.FindAllStringSubmatch(page, -1) {
		if strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-") == anchor {
			return true
		}
	}
	return false
}

// TestReadmeShowsTheDemo requires that the demo prints every line of the README's report, apart from times and hashes.
func TestReadmeShowsTheDemo(t *testing.T) {
	vary := regexp.MustCompile(`\d{8}T\d{6}Z(_[0-9a-f]{8}_)?`)
	printed := "\n" + vary.ReplaceAllString(output(t, "demo"), "RUN")
	_, report, _ := strings.Cut(document(t, "../../README.md"), "```\n")
	report, _, _ = strings.Cut(report, "```\n")
	lines := 0
	for line := range strings.Lines(report) {
		if line = vary.ReplaceAllString(line, "RUN"); strings.TrimSpace(line) == "..." || line == "\n" {
			continue
		}
		if lines++; !strings.Contains(printed, "\n"+line) {
			t.Errorf("the demo does not print %q", line)
		}
	}
	if lines < 15 {
		t.Errorf("only %d lines of the report", lines)
	}
}

// TestSchoolNetwork compares docs/school-network.md with its story: the story runs the files of the page as they are, and shows each
// sentence of the page's lists below a comment that says it.
func TestSchoolNetwork(t *testing.T) {
	page, story := document(t, "../../docs/school-network.md"), document(t, filepath.Join(scripts, "school-network.txtar"))
	blocks := regexp.MustCompile("(?s)```\\w+\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(blocks) != 3 {
		t.Errorf("%d blocks on the page, want extract, config and table", len(blocks))
	}
	for _, block := range blocks {
		if _, after, found := strings.Cut(story, " --\n"+block[1]); !found || after != "" && !strings.HasPrefix(after, "-- ") {
			t.Errorf("the story has no file like this block of the page:\n%s", block[1])
		}
	}
	script, _, _ := strings.Cut(story, "\n-- ")
	said := map[string]bool{}
	for line := range strings.Lines(page) {
		if sentence, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok {
			said[sentence] = true
		}
	}
	if len(said) < 10 {
		t.Errorf("only %d sentences on the page", len(said))
	}
	shows := regexp.MustCompile(`(?m)^(user|stdout|grep) `)
	_, script, _ = strings.Cut(script, "\n") // the first line is about the story itself
	for _, part := range strings.Split("\n"+script, "\n# ")[1:] {
		sentence, below, _ := strings.Cut(part, "\n")
		switch {
		case !said[sentence]:
			t.Errorf("the page does not say %q", sentence)
		case !shows.MatchString(below):
			t.Errorf("nothing in the story shows %q", sentence)
		}
		delete(said, sentence)
	}
	for sentence := range said {
		t.Errorf("the story does not show %q", sentence)
	}
}
