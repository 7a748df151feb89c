// Hints finds errors and warnings whose text says what to do behind what is wrong. What to do is a field of its own
// (export.Hint, WithHint, export.LogHints), so that it is printed on a line of its own and can be counted, tested and
// translated. The reason of a row says only what is wrong, too: templates/causes.csv has what to do.
//
//	go run ./testdata/lint/hints DIR…
package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/testdata/lint/source"
)

// makers make an error or a line of the log of a text, by name: a function, or behind a dot a method or a function of a
// package.
var makers = []string{
	"fault", ".fieldFault", "notDelivered", "unmapped", "unusable", "wrong", "Usage", ".Usage", ".New", ".Errorf", ".complain",
	".Warn", ".Warnf", ".Error", ".Info", ".Infof",
}

// hinted is a method that takes a hint behind all else.
const hinted = ".fault"

// fields of errors and of faults say what is wrong.
var fields = []string{"Message", "Msg", "Why", "Wrong"}

const verbs = `add|allow|approve|ask|change|check|choose|close|compare|copy|correct|create|deliver|drop|find|fix|give|hand|keep|leave|let|log|look|make|map|mend|move|` +
	`name|open|please|put|quote|raise|remove|rename|report|restore|run|save|say|see|send|set|settle|shorten|split|start|stop|take|tell|try|use|wait|write`

// toDo is an order, a command of the program or a question behind what is wrong. A colon also stands before what was being
// done, so that fewer verbs count behind it.
var toDo = regexp.MustCompile(`; (?:(?:` + verbs + `|is there|did you|do you|hr2coupa) |--)|: (?:ask|check|correct|look at|set|use|make sure) |\bplease report|\?$|\? [A-Za-z]`)

func main() { source.Run("hints", func(string) bool { return false }, check) }

// check lists the texts of a file that say what to do.
func check(f *source.File) (faults []string) {
	say := func(n ast.Node) {
		for _, text := range texts(n) {
			if at := f.At(text); toDo.MatchString(unquoted(text)) {
				faults = append(faults, fmt.Sprintf("%s: the text says what to do: make that a hint (export.Hint)", at))
			}
		}
	}
	ast.Inspect(f.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			args := n.Args
			switch name := source.Called(n); {
			case name == hinted && len(args) > 0:
				args = args[:len(args)-1]
			case !slices.Contains(makers, name):
				args = nil
			}
			for _, arg := range args {
				say(arg)
			}
		case *ast.CompositeLit:
			if name, ok := n.Type.(*ast.Ident); ok && name.Name == "breach" { // of a rule: its word, and what is wrong
				for _, part := range n.Elts {
					say(part)
				}
			}
		case *ast.ValueSpec: // the reason of a row
			if strings.HasPrefix(n.Names[0].Name, "say") {
				for _, value := range n.Values {
					say(value)
				}
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && slices.Contains(fields, key.Name) {
				say(n.Value)
			}
		}
		return true
	})
	return faults
}

// texts returns the literals that an expression is made of. What another call makes of a text is judged there.
func texts(n ast.Node) []*ast.BasicLit {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind == token.STRING {
			return []*ast.BasicLit{n}
		}
	case *ast.BinaryExpr:
		return append(texts(n.X), texts(n.Y)...)
	case *ast.CallExpr:
		if source.Called(n) == ".Sprintf" && len(n.Args) > 0 {
			return texts(n.Args[0])
		}
	}
	return nil
}

func unquoted(text *ast.BasicLit) string {
	s, err := strconv.Unquote(text.Value)
	if err != nil {
		panic(err) // the parser has let it through
	}
	return s
}
