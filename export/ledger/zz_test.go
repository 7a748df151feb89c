package ledger
import ("testing";"fmt";"time";"syscall";"path/filepath";"github.com/hr2coupa/hr2coupa/export")
func cpu() time.Duration { var u syscall.Rusage; syscall.Getrusage(0,&u); return time.Duration(u.Utime.Nano()+u.Stime.Nano()) }
func TestZZ(t *testing.T){
 const N=400000
	l := open(t, filepath.Join(t.TempDir(), "ledger"))
	run := begin(t, l, "run"); tx := plan(t,l,run)
	s:=cpu()
	r := export.RowResult{Lines: 1, Outcome: export.Pending}
	data := make([]byte,1<<10)
	for i := range N {
		if i%5000==0 { r.Part,_ = tx.AddPart(export.Part{Name: fmt.Sprint("p",i)}, data); r.PartRow=0}
		r.PartRow++
		r.Origin = export.Origin{File: "users-2026-11-23.csv", Line: i + 2}
		r.Key, r.Login = fmt.Sprintf("E%07d", i), fmt.Sprintf("first.last%d", i)
		r.First = r.Key
		if err:=tx.AddRow(r); err!=nil {t.Fatal(err)}
	}
	fmt.Println("add/row",(cpu()-s)/N)
	c:=cpu(); ok(t,tx.Commit(nil,N)); fmt.Println("commit",cpu()-c)
	c=cpu(); l.Counts(run); fmt.Println("counts/row",(cpu()-c)/N)
	c=cpu(); n:=0; ok(t,l.Rows(run,func(export.RowResult)error{n++;return nil})); fmt.Println("rows/row",n,(cpu()-c)/N)
	c=cpu(); ps,_ := l.Parts(run); for _,p:= range ps { p.State=export.Dropped; ok(t,l.Settle(p,export.Applied,nil))}; fmt.Println("settle/row",(cpu()-c)/N)
}
