package sqlite

import (
	"encoding/binary"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// sending are rows of a part, from one id to another, that were sent or may have been.
type sending struct {
	part     export.Part
	byHand   bool   // the part is a file that a person has dropped
	open     bool   // only rows without an outcome
	nothing  bool   // the rows were only compared, and nothing was sent
	coupaID  string // Coupa's number of the user of the only row; "" where it is not known
	from, to int64
}

// sentRow is what a row says of its person.
type sentRow struct{ key, first, login string }

// rowsSent returns the rows of a part that may have been sent and are not settled yet. On the API route a row with an
// answer was recorded with it.
func rowsSent(c *sqlite.Conn, p export.Part) (s sending, err error) {
	s = sending{part: p, open: p.Route == export.ByAPI, from: rowID(p.ID, 0), to: rowID(p.ID, ledger.MaxRow)}
	s.byHand, err = dropped(c, p)
	return s, err
}

func (s sending) read(c *sqlite.Conn) (rows []sentRow, err error) {
	err = query(c, "SELECT key, first, login FROM rows WHERE id BETWEEN ? AND ? AND (NOT ? OR outcome = 'pending')", func(s *sqlite.Stmt) error {
		rows = append(rows, sentRow{s.ColumnText(0), s.ColumnText(1), s.ColumnText(2)})
		return nil
	}, s.from, s.to, s.open)
	return rows, err
}

// unknown makes unknown what the ledger has confirmed of the people of rows, in the columns of their part: Coupa may hold
// something else from now on. These people are those with the key of a row, and those whom the row may be about since it
// has a name of theirs.
func (l *Ledger) unknown(c *sqlite.Conn, s sending) error {
	rows, err := s.read(c)
	if err != nil {
		return err
	}
	if err := l.names.know(c); err != nil {
		return err
	}
	u := forgetting{c: c, names: &l.names, part: s.part.ID}
	if u.cut, u.whole, err = cutOf(c, s); err != nil {
		return err
	}
	kind := s.kind()
	stray := false
	for _, r := range rows {
		var known bool
		if s.byHand {
			known, err = u.dropped(r, kind)
		} else {
			err = u.sent(r, s, kind)
		}
		if err != nil {
			return err
		}
		stray = stray || s.byHand && !known
	}
	if s.nothing {
		return nil
	}
	return u.others(stray, kind)
}

// kind returns the kind of the name by which the rows name their people to Coupa: the first cell of a part. The first cell of a
// dropped file may be anything, and its key is the strongest name that the row has.
func (s sending) kind() (kind int64) {
	columns := s.part.Columns.Names()
	if !s.byHand && len(columns) > 0 {
		return nameKind(columns[0])
	}
	for _, column := range columns {
		kind = max(kind, nameKind(column))
	}
	return kind
}

// cutOf returns the numbers of the columns that become unknown, in order; whole is every column.
func cutOf(c *sqlite.Conn, s sending) (cut []uint64, whole bool, err error) {
	if s.nothing || s.part.Columns == "" {
		return nil, !s.nothing, nil
	}
	families := map[string]bool{}
	for _, name := range s.part.Columns.Names() {
		families[baseline.ColumnFamily(name)] = true
	}
	names, err := columnNames(c)
	for id, name := range names {
		if families[baseline.ColumnFamily(name)] {
			cut = append(cut, id)
		}
	}
	slices.Sort(cut)
	return cut, false, err
}

// forgetting makes columns of people unknown.
type forgetting struct {
	c     *sqlite.Conn
	names *ownNames
	part  int64
	cut   []uint64
	whole bool
	also  map[string]bool  // keys of other people whom the rows may be about
	hits  map[int64]string // names that someone else has too, with the key of the row
}

// sent records that a row of HR's was sent.
func (u *forgetting) sent(r sentRow, s sending, kind int64) error {
	if r.key == "" { // HR names no one; the row may still be about someone
		u.meets("", u.names.of(nameLogin, r.login), u.names.of(kind, r.first))
		return nil
	}
	by := u.names.of(kind, r.first)
	names := []int64{u.names.of(nameLogin, r.login), u.names.of(nameID, s.coupaID), by}
	old, known, err := u.get(r.key)
	if err != nil {
		return err
	}
	left, now := u.left(old.hashes), old.named(names)
	u.meets(r.key, now...)
	if was := old.last(kind); was != 0 && by != 0 && was != by { // under its new name the row is about another account
		left, now = ledger.NoHashes(), baselineRow{}.named(names)
		u.names.again()
	}
	u.names.add(r.key, names...)
	switch {
	case !known:
		return exec(u.c, "INSERT INTO baselines (key, part, hashes, names) VALUES (?, ?, ?, ?)", r.key, u.part, []byte(left), packed(now))
	case !slices.Equal(now, old.names):
		return exec(u.c, "UPDATE baselines SET part = ?2, hashes = ?3, names = ?4 WHERE key = ?1", r.key, u.part, []byte(left), packed(now))
	}
	return exec(u.c, "UPDATE baselines SET part = ?2, hashes = ?3 WHERE key = ?1", r.key, u.part, []byte(left))
}

// dropped notes the people whom a row of a dropped file may be about. known is false where no one has the strongest name of
// the row: that alone says whose account it is. A login may be one that someone was to get and never got.
func (u *forgetting) dropped(r sentRow, kind int64) (known bool, err error) {
	for _, key := range []string{r.key, r.first} { // HR's keys are often names of Coupa's
		_, is, err := u.get(key)
		if err != nil {
			return false, err
		}
		if is {
			u.note(key)
		}
	}
	u.meets("", u.names.of(nameLogin, r.login))
	return u.meets("", u.names.of(kind, r.key)), nil
}

func (u *forgetting) note(key string) {
	if u.also == nil {
		u.also = map[string]bool{}
	}
	u.also[key] = true
}

// meets notes names of a row with that key that someone else has too, and reports whether there are any.
func (u *forgetting) meets(key string, names ...int64) (hit bool) {
	for _, name := range names {
		if u.names.elsewhere(key, name) {
			if u.hits == nil {
				u.hits = map[int64]string{}
			}
			if by, again := u.hits[name]; again && by != key {
				key = "" // of two people, each is the other
			}
			u.hits[name], hit = key, true
		}
	}
	return hit
}

// others makes unknown what is known of the other people whom the rows may be about, and of those who share a name with these.
// With stray, a row fits no one: it may be about everyone of whom no name of that kind is known.
func (u *forgetting) others(stray bool, kind int64) error {
	for again := len(u.hits) > 0 || stray || len(u.also) > 0; again; {
		noted := len(u.also)
		err := query(u.c, "SELECT key, names FROM baselines", func(s *sqlite.Stmt) error {
			u.other(s.ColumnText(0), unpacked(readHashes(s, 1, nil)), stray, kind)
			return nil
		})
		if err != nil {
			return err
		}
		again, stray = len(u.also) > noted, false
	}
	for key := range u.also {
		old, _, err := u.get(key)
		if err != nil {
			return err
		}
		if err := exec(u.c, "UPDATE baselines SET part = ?2, hashes = ?3 WHERE key = ?1", key, u.part, []byte(u.left(old.hashes))); err != nil {
			return err
		}
	}
	return nil
}

// other notes a person who has one of the names that were met, and meets all of the person's names.
func (u *forgetting) other(key string, names []int64, stray bool, kind int64) {
	met := u.also[key] || stray && !slices.ContainsFunc(names, func(name int64) bool { return name&3 == kind })
	met = met || slices.ContainsFunc(names, func(name int64) bool { by, hit := u.hits[name]; return hit && by != key })
	if met {
		u.note(key)
		u.meets(key, names...)
	}
}

// baselineRow is one row of the table.
type baselineRow struct {
	part   int64
	hashes ledger.Hashes
	names  []int64 // the latest of each kind is behind the others of that kind
}

// last returns the latest name of a kind; 0 for none.
func (b baselineRow) last(kind int64) (last int64) {
	for _, name := range b.names {
		if name&3 == kind {
			last = name
		}
	}
	return last
}

// named returns the names together with newer ones.
func (b baselineRow) named(newer []int64) []int64 {
	now := slices.Clone(b.names)
	for _, name := range newer {
		if name == 0 || b.last(name&3) == name {
			continue
		}
		now = append(slices.DeleteFunc(now, func(old int64) bool { return old == name }), name)
	}
	return now
}

func (u *forgetting) get(key string) (b baselineRow, ok bool, err error) {
	err = query(u.c, "SELECT part, hashes, names FROM baselines WHERE key = ?", func(s *sqlite.Stmt) error {
		b, ok = baselineRow{s.ColumnInt64(0), readHashes(s, 1, nil), unpacked(readHashes(s, 2, nil))}, true
		return nil
	}, key)
	return b, ok, err
}

// left returns what is still known. What cannot be read is unknown.
func (u *forgetting) left(of ledger.Hashes) ledger.Hashes {
	if u.whole {
		return ledger.NoHashes()
	}
	left, err := of.Without(u.cut)
	if err != nil {
		return ledger.NoHashes()
	}
	return left
}

func packed(names []int64) []byte {
	out := make([]byte, 0, 8*len(names))
	for _, name := range names {
		out = binary.BigEndian.AppendUint64(out, uint64(name))
	}
	return out
}

func unpacked(data []byte) (names []int64) {
	for ; len(data) >= 8; data = data[8:] {
		names = append(names, int64(binary.BigEndian.Uint64(data)))
	}
	return names
}
