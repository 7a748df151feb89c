package main

import (
	"bytes"
	"fmt"
	"os/exec"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdAs runs a command as another account of the system, as exit does. Where the system allows that to nobody, the script fails.
func cmdAs(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 3, "as UID CODE COMMAND ARG…")
	var out, log bytes.Buffer
	// Only once it has begun may the process enter a folder of the script's, where the program is too.
	c := exec.Command("sh", append([]string{"-c", `cd "$0" && exec "$@"`, ts.MkAbs(".")}, args[2:]...)...)
	c.Dir, c.Env, c.Stdout, c.Stderr, c.SysProcAttr = "/", environ(ts), &out, &log, account(number(ts, args[0]))
	err := c.Run()
	fmt.Fprint(ts.Stdout(), out.String())
	fmt.Fprint(ts.Stderr(), log.String())
	plain(ts, out.String(), log.String())
	w.judge(ts, code(ts, err), number(ts, args[1]), out.String(), log.String())
}
