package show

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/ready"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// Finish prints the error that ended a command, if one did, and returns the exit code, even if the printing crashes.
func Finish(env *wiring.Env, err error) int {
	code := export.ExitOK
	crashed := export.Guard(func() error { code = printFailure(env, err); return nil })
	if crashed != nil {
		printError(env, crashed)
		return export.ExitFault
	}
	return code
}

// printFailure prints the error that ended a command, and returns its exit code. With --json there is an object on stdout
// then too: the bad nights are those that people look for.
func printFailure(env *wiring.Env, err error) int {
	if err == nil {
		return export.ExitOK
	}
	if ended, ok := err.(*exit.Ended); ok { //nolint:errorlint // one that was joined with another error is not printed yet
		return ended.Code
	}
	code, shown := exit.Code(err), err
	if errors.Is(err, exit.ErrInterrupted) {
		code, shown = export.ExitInterrupted, export.Hint(errors.New("interrupted; the ledger is sound"), "the next run goes on from here")
		if crash, ok := errors.AsType[*export.Crash](err); ok {
			shown = errors.Join(shown, crash)
		}
	}
	held, isHeld := errors.AsType[*ready.HeldError](err)
	if isHeld && !env.JSON {
		heldDropText(env.Stdout.Text(), held)
	}
	printError(env, shown)
	if env.JSON && env.Result != nil && !env.Result.Wrote {
		rep := job.EmptyReport(exit.Ends[code], env.Now().UTC())
		rep.Exit = code
		rep.Because(shown)
		if errors.As(err, new(*prospect.MovedError)) {
			rep.Verdict.End = export.EndRefused
		}
		if isHeld {
			rep.Held, rep.HeldBy = held.Held, held.By
		}
		_ = JSON(env, rep) // the error that counts has been printed already
	}
	return code
}

// printError writes an error to stderr, or into the log if that is JSON.
func printError(env *wiring.Env, err error) {
	if env.LogFormat == "json" {
		terminal.LogError(env.Log, err)
		return
	}
	env.Stderr.Text().Error(err)
}

// Conclude ends a start: it prints the result, prints the error that ended the start, and sends the notices. The error that
// it returns carries the exit code alone and has been printed.
func Conclude(ctx context.Context, env *wiring.Env, s *job.Started, err error, code int, result func() error) error {
	if wrong := export.Guard(result); wrong != nil {
		err = errors.Join(err, wrong)
	}
	if err != nil {
		code = Finish(env, err)
	}
	if s != nil {
		Unread(env, s.Rep)
		if crashed := export.Guard(func() error { s.Notifier.End(ctx, code, err); return nil }); crashed != nil {
			code = Finish(env, crashed)
		}
	}
	return exit.With(code, nil)
}

// ConcludeReport ends a start that ends with a report. A report that comes with an error holds what was resumed before it.
func ConcludeReport(ctx context.Context, env *wiring.Env, s *job.Started, err error) error {
	if s == nil || s.Rep == nil || errors.Is(err, exit.ErrInterrupted) {
		return Conclude(ctx, env, s, err, export.ExitOK, func() error { return nil })
	}
	return Conclude(ctx, env, s, err, s.Rep.Exit, func() error { return Report(env, s.Rep) })
}

// Unread warns, once, if the result of a start is not read any more. Commands without a start only look: they have done
// what they were asked for.
func Unread(env *wiring.Env, rep *export.Report) {
	if env.Result == nil || !env.Result.Gone || env.Result.Warned {
		return
	}
	env.Result.Warned = true
	command := "hr2coupa status"
	if rep != nil && rep.Run != "" {
		command += " " + rep.Run
	}
	env.Log.WithField(export.HintField, command+" prints it again").Warn("stdout has no reader any more, so the result is incomplete")
}

// Explained sets the causes of a report and of the runs that it went on with, and returns it.
func Explained(env *wiring.Env, rep *export.Report) *export.Report {
	rep.Causes = env.Causes().Count(rep.Rows.All())
	for _, r := range rep.Resumed {
		Explained(env, r)
	}
	return rep
}

// JSON prints the result as one object.
func JSON(env *wiring.Env, v any) error {
	return WriteJSON(env.Stdout.JSON(), v)
}

// WriteJSON writes a result as one object, its lists of rows streamed.
func WriteJSON(w io.Writer, v any) error {
	var lists []*export.RowList
	if r, ok := v.(interface{ RowLists() []*export.RowList }); ok {
		lists = r.RowLists()
	}
	return export.WriteJSON(w, v, lists...)
}

// PlanJSON prints a plan as one object, its people and rows one at a time.
func PlanJSON(env *wiring.Env, r *job.Planned) error {
	return jsonLists(env.Stdout.JSON(), r, r.Each(math.MaxInt), r.Store.All())
}

// jsonLists writes v, the last members of which are two empty lists, people and rows, with these in them, one at a time.
func jsonLists[P any](to io.Writer, v any, people iter.Seq[P], rows iter.Seq[export.RowResult]) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	const empty, between, end = "[]", ",\n  \"rows\": ", "\n}\n"
	head, ok := bytes.CutSuffix(b.Bytes(), []byte("\"people\": "+empty+between+empty+end))
	if !ok {
		return export.Ours(errors.New("people and rows are not the last of the result"))
	}
	w := bufio.NewWriterSize(to, 64<<10)
	w.Write(head) // Flush returns the error of any write
	w.WriteString("\"people\": ")
	if err := jsonList(w, people); err != nil {
		return err
	}
	w.WriteString(between)
	if err := jsonList(w, rows); err != nil {
		return err
	}
	w.WriteString(end)
	return w.Flush()
}

// jsonList writes a list that is a member of an object.
func jsonList[T any](w *bufio.Writer, list iter.Seq[T]) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("    ", "  ")
	before, after := "[\n    ", "[]"
	for one := range list {
		b.Reset()
		if err := e.Encode(one); err != nil {
			return err
		}
		w.WriteString(before) // Flush returns the error of any write
		w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
		before, after = ",\n    ", "\n  ]"
	}
	_, err := w.WriteString(after)
	return err
}
