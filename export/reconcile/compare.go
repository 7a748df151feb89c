package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// Pairing is a comparison of which both sides were read.
type Pairing struct {
	*Comparison
	byColumn []index  // by place in keyed
	mine     []int32  // of each person, the one user of theirs; -1 where there is none, or several
	sorted   []int32  // people, in the order of HR's files
	doubled  []Double // users who look like one person; nil before they were looked for
	equal    []bool   // of each person, whether a first Compare has found them equal; nil before it
}

// Pair pairs people with users. A second Pair, after users were added, takes these into account.
func (c *Comparison) Pair() *Pairing {
	p := &Pairing{Comparison: c, byColumn: make([]index, len(c.keyed))}
	for k := range c.keyed {
		p.byColumn[k] = newIndex(c.held, len(c.keyed), k)
	}
	return p
}

// pair returns the users who may be the person, and the column that says so.
func (p *Pairing) pair(at int) (found []int32, k int) {
	said := p.said[at*len(p.keyed) : (at+1)*len(p.keyed)]
	k = -1
	for _, k = range p.match {
		if said[k] == 0 {
			continue
		}
		if found = p.byColumn[k].find(said[k]); len(found) > 0 || !p.o.Next {
			return found, k
		}
	}
	return nil, k
}

// Unseen calls take with each value by which a person without a user may be found; Coupa can be asked for it. Then users are
// late: those who were added before are passed over.
func (p *Pairing) Unseen(take func(column export.Element, value string)) error {
	cells := make([]export.Cell, p.o.Mapped)
	var b []byte
	for at := range p.people {
		if found, _ := p.pair(at); len(found) > 0 {
			continue
		}
		var err error
		if b, err = p.o.People.Read(p.people[at].place, b); err != nil {
			return err
		}
		p.readPerson(b, cells)
		for _, k := range p.match {
			if i := p.keyed[k]; i < len(cells) && !cells[i].Lacks() {
				take(p.o.Columns[i], cells[i].Text)
				if !p.o.Next {
					break
				}
			}
		}
	}
	p.late, p.ids = true, make(map[string]bool, len(p.users))
	for i := range p.users {
		var err error
		if b, err = p.o.Users.Read(p.users[i].place, b); err != nil {
			return err
		}
		p.ids[(&reader{b}).text()] = true
	}
	return nil
}

// Compare compares all people with their users and calls take with each who is not equal, in the order of HR's files, then
// with the users whom HR does not know or who are left out, by number. Its sums are checked. It may be called again, and then does the same.
func (p *Pairing) Compare(take func(*Finding) error) (*Result, error) {
	r := &Result{Classes: map[Class]int{}, Columns: map[string]int{}, Causes: map[string]map[Cause]int{}, Only: map[Class]map[Past]int{}, Unshown: map[string]int{}, Doubles: []Double{}, Active: map[Reason]int{}}
	r.HR = Side{LeftOut: maps.Clone(p.outN), Hash: p.hr.String()}
	for i := range p.users {
		p.users[i].taken = false
	}
	if p.sorted == nil {
		p.sorted = p.order()
	}
	order := p.sorted
	w := &walk{Pairing: p, r: r, cells: make([]export.Cell, p.o.Mapped)}
	if p.o.Confirmed.Len() > 0 && !p.o.HashKey.IsZero() {
		w.hasher = p.o.HashKey.Hasher()
	}
	if p.equal == nil {
		p.equal = make([]bool, len(p.people))
		if err := p.meet(); err != nil {
			return nil, err
		}
	}
	for i, at := range order {
		if i%ahead == 0 {
			if err := w.fetch(order[i:min(i+ahead, len(order))]); err != nil {
				return nil, err
			}
		}
		if p.equal[at] || p.looksEqual(at) { // nothing is read of nearly everybody
			p.users[p.mine[at]].taken = true
			r.HR.Compared++
			r.Classes[Equal]++
			continue
		}
		f, err := w.person(int(at))
		if err != nil {
			return nil, err
		}
		if f.Class == LeftOut {
			r.HR.LeftOut[f.Reason]++
			if err := take(f); err != nil {
				return nil, err
			}
			continue
		}
		r.HR.Compared++
		r.Classes[f.Class]++
		p.equal[at] = f.Class == Equal
		if f.Class != Equal {
			if err := take(f); err != nil {
				return nil, err
			}
		}
	}
	if err := w.only(take); err != nil {
		return nil, err
	}
	if p.doubled == nil {
		if err := w.doubles(); err != nil {
			return nil, err
		}
		p.doubled = r.Doubles
	}
	r.Doubles = slices.Clone(p.doubled)
	r.HR.Read = len(p.people) + p.outCount()
	r.Coupa.Hash = p.coupa.String()
	return r, w.check()
}

// order returns the people in the order of HR's files.
func (p *Pairing) order() []int32 {
	names := slices.Sorted(slices.Values(p.files))
	rank := make([]int, len(p.files))
	for i, name := range p.files {
		rank[i] = slices.Index(names, name)
	}
	order := make([]int32, len(p.people))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := p.people[a], p.people[b]
		return cmp.Or(cmp.Compare(rank[x.file], rank[y.file]), cmp.Compare(x.line, y.line), cmp.Compare(a, b))
	})
	return order
}

// looksEqual reports whether a person looks like the one user of theirs, whom no rule protects.
func (p *Pairing) looksEqual(at int32) bool {
	one := p.mine[at]
	return one >= 0 && !p.o.ByHash && p.users[one].whose == at && p.users[one].out.reason() != Protected && p.masks.alike(int(at), one)
}

// walk compares one person after another.
type walk struct {
	*Pairing
	r     *Result
	cells []export.Cell
	b     []byte
	near  map[int32][]byte // what users of the next people hold
	text  []byte           // of them

	hasher *baseline.Hasher // nil where nothing was confirmed
}

// ahead is for how many people their users are read at once: in the order in which they are stored, since HR has them in another.
const ahead = 16 << 10

// fetch reads the users of the next people.
func (w *walk) fetch(people []int32) error {
	var at []int32
	for _, i := range people {
		if one := w.mine[i]; one >= 0 && !w.equal[i] && !w.looksEqual(i) {
			at = append(at, one)
		}
	}
	slices.SortFunc(at, func(a, b int32) int { return cmp.Compare(w.users[a].place, w.users[b].place) })
	w.near, w.text = make(map[int32][]byte, len(at)), w.text[:0]
	for _, i := range at {
		var err error
		if w.b, err = w.o.Users.Read(w.users[i].place, w.b); err != nil {
			return err
		}
		from := len(w.text)
		w.text = append(w.text, w.b...)
		w.near[i] = w.text[from:len(w.text):len(w.text)]
	}
	return nil
}

// person judges one person.
func (w *walk) person(at int) (*Finding, error) {
	one := w.people[at]
	var err error
	if w.b, err = w.o.People.Read(one.place, w.b); err != nil {
		return nil, err
	}
	f := &Finding{Origin: export.Origin{File: w.files[one.file], Line: int(one.line)}}
	var life lifeOf
	f.Key, life = w.readPerson(w.b, w.cells)
	if w.login >= 0 && w.login < len(w.cells) {
		f.Login = w.cells[w.login].SetText()
	}
	w.say(f)
	found, k := w.pair(at)
	switch {
	case len(found) == 0:
		return f, w.missing(f, at, life.ended)
	case len(found) > 1:
		f.Class, f.Doubt, f.Column = Unclear, SeveralHave, w.o.Columns[w.keyed[k]].Column
		for _, one := range found {
			w.users[one].taken = w.users[one].out.reason() != Protected
		}
		f.Others, err = w.idsOf(found)
		return f, err
	}
	u := &w.users[found[0]]
	held := w.readUser(w.near[found[0]])
	f.ID = held.ID
	if v, ok := held.Value(w.o.Columns[max(w.login, 0)]); ok && w.login >= 0 && v.Text != "" {
		f.Login = v.Text
	}
	if u.out.reason() == Protected {
		f.Class, f.Reason = LeftOut, Protected
		return f, nil
	}
	u.taken = true
	if u.whose != int32(at) {
		f.Column = w.o.Columns[w.keyed[k]].Column
		return f, w.shared(f, int32(at), found[0], life.ended || w.saysInactive(w.cells))
	}
	w.compare(f, held)
	if f.Class == LeaverActive && !life.left.IsZero() {
		hours := int(math.Floor(w.o.At.Sub(life.left).Hours()))
		f.Left, f.Hours = life.left, &hours
	}
	return f, nil
}

// say notes all that HR says of a person, where that is wanted.
func (w *walk) say(f *Finding) {
	if !w.o.Whole {
		return
	}
	f.Said = map[string]export.Cell{}
	for i, cell := range w.cells {
		if cell.State != export.Absent {
			f.Said[w.o.Columns[i].Column] = cell
		}
	}
}

// compare compares the cells of a person with their user.
func (w *walk) compare(f *Finding, held export.User) {
	f.Class = Equal
	for i, cell := range w.cells {
		e := w.o.Columns[i]
		if e.Path == "" || e.Column == export.ColumnID {
			continue
		}
		v, known := held.Value(e)
		if e.Column == export.ColumnRoles && w.dropped(cell, v, known) {
			continue
		}
		if w.o.ByHash && cell.State == export.Absent {
			w.sinceConfirmed(f, e, v, known)
			continue
		}
		d, changes := export.ElementCell{Element: e, Cell: cell}.Change(v, known)
		if !changes || d.Kind == export.ChangeCase && !w.o.ExactCase {
			continue
		}
		two := Cell{CellChange: d}
		if d.Known {
			two.Cause = w.cause(f.Key, export.ElementCell{Element: e, Cell: cell}, v)
			w.count(e.Column, two.Cause)
		}
		if f.Cells = append(f.Cells, two); !d.Known {
			w.r.Unshown[e.Column]++
			if f.Class == Equal {
				f.Class, f.Doubt, f.Column = Unclear, NotShown, e.Column
			}
			continue
		}
		w.r.Columns[e.Column]++
		switch {
		case d.Kind == export.ChangeDeactivation:
			f.Class = LeaverActive
		case d.Kind == export.ChangeReactivation:
			f.Class = JoinerInactive
		case f.Class == Equal || f.Class == Unclear:
			f.Class = Differs
		}
	}
	f.Inactive = f.Class == Differs && w.saysInactive(w.cells) // a status that differs, or is not shown, is another class
	if f.Class != Unclear {
		f.Doubt, f.Column = NoDoubt, ""
	}
}

// missing judges a person without a user.
func (w *walk) missing(f *Finding, at int, ended bool) (err error) {
	said := w.said[at*len(w.keyed) : (at+1)*len(w.keyed)]
	f.Class, f.Cause = Missing, w.gone(f.Key)
	if w.saysInactive(w.cells) {
		f.Class, f.Cause = LeaverGone, NoCause
	}
	if ended || f.Class == LeaverGone {
		return w.leaver(f, said)
	}
	for _, k := range w.unique {
		if said[k] == 0 {
			continue
		}
		if near := w.byColumn[k].find(said[k]); len(near) > 0 {
			return w.doubt(f, k, near)
		}
	}
	return nil
}

// doubt notes that other users have a value of a person's.
func (w *walk) doubt(f *Finding, k int, near []int32) (err error) {
	f.Doubt, f.Column = OtherHas, w.o.Columns[w.keyed[k]].Column
	f.Others, err = w.idsOf(near)
	return err
}

func (w *walk) idsOf(found []int32) (ids []string, err error) {
	for _, one := range found[:min(len(found), shownIDs)] {
		var b []byte
		if b, err = w.o.Users.Read(w.users[one].place, nil); err != nil {
			return nil, err
		}
		ids = append(ids, w.readUser(b).ID)
	}
	return ids, nil
}

// only judges the users who are none of HR's people.
func (w *walk) only(take func(*Finding) error) error {
	side := Side{Read: len(w.users), LeftOut: map[Reason]int{}}
	var rest []int
	for i := range w.users {
		u := &w.users[i]
		if !u.taken && u.out == 0 && w.keyAt >= 0 && !w.other {
			switch why, ok := w.out[w.heldKey(i)]; {
			case ok && why == Waiting && w.isEarly(i):
				u.out = codeOf(early)
			case ok && why == Quarantined:
				u.out = codeOf(PersonOut)
			case ok:
				u.out = codeOf(why)
			}
		}
		switch {
		case u.taken:
			side.Compared++
		case u.out != 0 && u.out.reason() != early:
			side.LeftOut[u.out.reason()]++
			if u.active {
				w.r.Active[u.out.reason()]++
			}
			rest = append(rest, i)
		default:
			side.Compared++
			rest = append(rest, i)
		}
	}
	w.r.Coupa, w.r.Other = side, w.other && len(w.out) > 0
	slices.SortFunc(rest, func(a, b int) int { return cmp.Compare(w.users[a].number, w.users[b].number) })
	for _, i := range rest {
		var err error
		if w.b, err = w.o.Users.Read(w.users[i].place, w.b); err != nil {
			return err
		}
		held := w.readUser(w.b)
		f := &Finding{Class: OnlyActive, ID: held.ID}
		if w.login >= 0 {
			f.Login = held.Values[w.o.Columns[w.login].Path].Text
		}
		if out := w.users[i].out.reason(); out != "" && out != early {
			f.Class, f.Reason = LeftOut, out
		} else {
			switch {
			case w.users[i].out.reason() == early:
				first := w.waiting[w.heldKey(i)]
				f.Class, f.Key, f.From = JoinerEarly, first.key, first.day
			case !w.users[i].active:
				f.Class = OnlyInactive
			}
			w.r.Classes[f.Class]++
			if f.Class != JoinerEarly {
				f.Past = w.past(held)
				w.told(f)
			}
		}
		if err := take(f); err != nil {
			return err
		}
	}
	return nil
}

// doubles finds the users who look like one person. Protected ones are left out: several programs may share an address.
func (w *walk) doubles() error {
	for _, k := range w.unique {
		if err := w.byColumn[k].shared(func(users []int32) error { return w.double(k, users) }); err != nil {
			return err
		}
	}
	slices.SortStableFunc(w.r.Doubles, func(a, b Double) int { return cmp.Or(cmp.Compare(a.Column, b.Column), cmp.Compare(a.Value, b.Value)) })
	return nil
}

func (w *walk) double(k int, users []int32) (err error) {
	var same []int32
	for _, one := range users {
		if w.users[one].out.reason() != Protected {
			same = append(same, one)
		}
	}
	if len(same) < 2 {
		return nil
	}
	slices.SortFunc(same, func(a, b int32) int { return cmp.Compare(w.users[a].number, w.users[b].number) })
	e := w.o.Columns[w.keyed[k]]
	b, err := w.o.Users.Read(w.users[same[0]].place, nil)
	if err != nil {
		return err
	}
	d := Double{Column: e.Column, Value: w.readUser(b).Values[e.Path].Text, Users: len(same)}
	if d.IDs, err = w.idsOf(same); err != nil {
		return err
	}
	w.r.Doubles = append(w.r.Doubles, d)
	return nil
}

// check holds the sums: every person and every user has one class or one reason.
func (w *walk) check() error {
	r := w.r
	people, only := 0, 0
	for class, n := range r.Classes {
		if class.ofUser() {
			only += n
		} else {
			people += n
		}
	}
	taken := 0
	for _, u := range w.users {
		if u.taken {
			taken++
		}
	}
	if people != r.HR.Compared || r.HR.Read != people+r.HR.out() || r.Coupa.Compared != taken+only || r.Coupa.Read != taken+only+r.Coupa.out() {
		return export.Ours(fmt.Errorf("compare both sides: of %d people %d have a class, and of %d users %d", r.HR.Read, people, r.Coupa.Read, taken+only))
	}
	return nil
}
