package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var Update = flag.Bool("update", false, "write what came out into the scripts' golden files")

// TestMain lets the test binary act as the program, so that scripts start real processes with real signals.
func TestMain(m *testing.M) {
	testscript.Main(quick{m}, map[string]func(){
		"hr2coupa": func() {
			os.Exit(program(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// scripts is the folder of the stories; each goes through the front door against a Coupa twin.
const scripts = "../../testdata/script"

func TestScripts(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(scripts, "*.txtar"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no scripts in %s (%v): nothing would be tested", scripts, err)
	}
	var some []string
	for i := everyScript - 1; i < len(found); i += everyScript {
		some = append(some, found[i])
	}
	testscript.Run(t, testscript.Params{
		Files: some, Setup: setup, Cmds: commands(), UpdateScripts: *Update, RequireUniqueNames: true, ContinueOnError: true,
	})
}
