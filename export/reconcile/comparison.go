package reconcile

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// Store keeps what people and users hold until they are compared. All is added before anything is read, but for users who
// come late. Add keeps a copy: the memory of record is used again.
type Store interface {
	Add(record []byte) (place int64, err error)
	Read(place int64, into []byte) (record []byte, err error)
}

// Options say what is compared and how people and users are paired.
type Options struct {
	Columns   []export.Element  // first those of HR's cells, then those that only say who a user is; without a path where Coupa shows none
	Mapped    int               // so many of them are HR's
	Match     []string          // the columns that pair people with users, the strongest first
	Next      bool              // where a column pairs with no user, the next one is tried; else only the first with a value counts
	Key       string            // the column with the key of HR's records, by which users of people who are left out are known
	Roles     *export.RoleRules // what a run does not do with roles; nil: it may do all
	ExactCase bool              // a login or an e-mail address in another case is a difference
	Protects  func(key, login string) bool
	Confirmed *baseline.Store              // what was last confirmed of people; nil: nothing was
	HashKey   baseline.HashKey             // of the hashes in it
	ByHash    bool                         // people have no more than a login, a status and a number: all else is compared with what was confirmed
	Sent      func(key string) bool        // whether a row of a person was ever accepted; nil: no cause is known
	Ours      func(key, login string) bool // whether the ledger knows a user; nil: there is no ledger
	At        time.Time                    // of the comparison
	Whole     bool                         // findings have all that HR says of a person, and not only what differs
	People    Store                        // what HR's side holds
	Users     Store                        // what Coupa's side holds
}

// Person is what HR says of one person.
type Person struct {
	Key    string // HR's
	Origin export.Origin
	Cells  []export.Cell // one for each mapped column
	Left   time.Time     // the first moment of the day on which the person leaves; zero where HR does not say it
	Ended  bool          // the day on which the person leaves has come, whatever the status
}

// Comparison collects both sides, and compares them. Several goroutines may add to it.
type Comparison struct {
	o      Options
	match  []int // columns that pair, as places in keyed
	keyed  []int // columns of which the hashes are in memory
	unique []int // those in which no two users may have the same value, as places in keyed
	number int   // the place of the employee number in keyed; -1 where it is not there
	keyAt  int   // the place of Key in keyed; -1 where no column has it
	status int
	login  int
	seed   maphash.Seed
	at     []int // of each column, its place in keyed; -1 where it is not there
	pool   sync.Pool

	mu      sync.Mutex
	files   []string
	people  []person
	said    []uint64          // of each person, the hash of each keyed column; 0 is no value
	out     map[uint64]Reason // people who are left out, by the hash of their key
	outN    map[Reason]int    // how many they are
	waiting map[uint64]waits  // people who wait for their day, by the hash of their key
	users   []user
	held    []uint64 // of each user, as said
	masks   masks    // which columns people say something in, and how each user looks in them
	other   bool     // the keys of HR's records are not what the column Key has, so that no user is known by one
	ids     map[string]bool
	late    bool // the users who come now may have been added before
	hr      digest
	coupa   digest
}

type person struct {
	place      int64
	file, line int32
}

// user holds no pointer, as person does: with millions of them the collector has nothing to follow.
type user struct {
	place  int64
	number uint64 // Coupa's, or the order in which they came
	whose  int32  // the place of the person they are, once all were paired; see noOne
	out    reasonCode
	active bool
	taken  bool // a person is theirs
}

// reasonCode is the place of a reason in codes; 0 is none.
type reasonCode uint8

var codes = append([]Reason{""}, append(Reasons(), early)...)

func codeOf(r Reason) reasonCode { return reasonCode(slices.Index(codes, r)) }

func (r reasonCode) reason() Reason { return codes[r] }

// uniqueColumns are those in which two users with one value look like one person.
var uniqueColumns = [...]string{export.ColumnLogin, export.ColumnEmail, export.ColumnNumber}

// New returns a comparison of two sides that are still empty.
func New(o Options) *Comparison {
	c := &Comparison{o: o, seed: maphash.MakeSeed(), keyAt: -1, number: -1, masks: newMasks(o), out: map[uint64]Reason{}, waiting: map[uint64]waits{}, outN: map[Reason]int{}}
	c.status, c.login = c.column(export.ColumnStatus), c.column(export.ColumnLogin)
	at := func(name string) int {
		i := c.column(name)
		if i < 0 {
			return -1
		}
		if k := slices.Index(c.keyed, i); k >= 0 {
			return k
		}
		c.keyed = append(c.keyed, i)
		return len(c.keyed) - 1
	}
	for _, name := range o.Match {
		if k := at(name); k >= 0 {
			c.match = append(c.match, k)
		}
	}
	for _, name := range uniqueColumns {
		if k := at(name); k >= 0 {
			c.unique = append(c.unique, k)
			if name == export.ColumnNumber {
				c.number = k
			}
		}
	}
	c.keyAt = at(o.Key)
	for i := range o.Columns {
		c.at = append(c.at, slices.Index(c.keyed, i))
	}
	return c
}

func (c *Comparison) column(name string) int {
	return slices.IndexFunc(c.o.Columns, func(e export.Element) bool { return e.Column == name })
}

// scratch is what is needed to add one person or user.
type scratch struct {
	hashes []uint64
	look   look
	held   []heldCell
	record []byte
	sum    []byte
}

// heldCell is what a user has in a column, and whether Coupa shows it.
type heldCell struct {
	export.Value
	known bool
}

func (c *Comparison) scratch() *scratch {
	s, ok := c.pool.Get().(*scratch)
	if !ok {
		s = &scratch{hashes: make([]uint64, len(c.keyed)), held: make([]heldCell, len(c.o.Columns))}
	}
	clear(s.hashes)
	s.look.reset(c.o.Mapped)
	s.record, s.sum = s.record[:0], s.sum[:0]
	return s
}

// AddPerson adds a person. Its texts may be reused afterwards. ok is false where the person has no value in any column
// that pairs, and was not added.
func (c *Comparison) AddPerson(p Person) (ok bool, err error) {
	s := c.scratch()
	defer c.pool.Put(s)
	c.takePerson(s, p)
	if !slices.ContainsFunc(c.match, func(k int) bool { return s.hashes[k] != 0 }) {
		return false, nil
	}
	s.record = c.personRecord(s.record, p)
	sum := sumOf(s.sum)
	other := c.keyAt >= 0 && s.hashes[c.keyAt] != 0 && c.hash(c.keyed[c.keyAt], p.Key) != s.hashes[c.keyAt]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.other = c.other || other
	place, err := c.o.People.Add(s.record)
	if err != nil {
		return false, err
	}
	file := slices.Index(c.files, p.Origin.File)
	if file < 0 {
		file = len(c.files)
		c.files = append(c.files, strings.Clone(p.Origin.File))
	}
	c.people = append(c.people, person{place, int32(file), int32(p.Origin.Line)})
	c.said = append(c.said, s.hashes...)
	c.masks.person(&s.look)
	c.hr.add(sum)
	return true, nil
}

// LeaveOut notes a person who is not compared, or a record that says nothing of any person.
func (c *Comparison) LeaveOut(key string, why Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outN[why]++
	if c.keyAt >= 0 && key != "" {
		at := c.hash(c.keyed[c.keyAt], key)
		if was, ok := c.out[at]; !ok || slices.Index(Reasons(), why) < slices.Index(Reasons(), was) {
			c.out[at] = why
		}
	}
}

// Wait notes a record that holds from a later day on, as 2006-01-02.
func (c *Comparison) Wait(key, day string) {
	c.LeaveOut(key, Waiting)
	if c.keyAt < 0 || key == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.hash(c.keyed[c.keyAt], key)
	if first := c.waiting[at]; first.day == "" || day < first.day {
		c.waiting[at] = waits{strings.Clone(key), day}
	}
}

// Forget forgets HR's side, which is told anew.
func (c *Comparison) Forget() {
	c.people, c.said, c.hr, c.other, c.masks = c.people[:0], c.said[:0], digest{}, false, newMasks(c.o)
	clear(c.out)
	clear(c.waiting)
	clear(c.outN)
}

// AddUser adds a user. A user without an id is one of a file that does not show it.
func (c *Comparison) AddUser(u export.User) error {
	s := c.scratch()
	defer c.pool.Put(s)
	for i, e := range c.o.Columns {
		s.held[i].Value, s.held[i].known = u.Value(e)
	}
	return c.addUser(s, u.ID)
}

func (c *Comparison) addUser(s *scratch, id string) error {
	c.takeUser(s)
	s.record = c.userRecord(s.record, id, s.held)
	sum := sumOf(s.record)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late {
		if c.ids[id] {
			return nil
		}
		c.ids[id] = true
	}
	place, err := c.o.Users.Add(s.record)
	if err != nil {
		return err
	}
	one := user{place: place, number: numberOf(id), active: true}
	if one.number == 0 {
		one.number = uint64(len(c.users)) + 1
	}
	if c.status >= 0 {
		v := s.held[c.status]
		one.active = !v.known || v.Text == export.StatusActive || export.Truth(v.Text) != "false" // who is not known to be shut out may sign in
	}
	if c.o.Protects != nil {
		one.out = c.protects(s.held)
	}
	c.users = append(c.users, one)
	c.held = append(c.held, s.hashes...)
	c.masks.user(&s.look)
	c.coupa.add(sum)
	return nil
}

func (c *Comparison) outCount() (n int) {
	for _, of := range c.outN {
		n += of
	}
	return n
}

func (c *Comparison) protects(held []heldCell) reasonCode {
	text := func(i int) string {
		if i < 0 {
			return ""
		}
		return held[i].Text
	}
	key := -1
	if c.keyAt >= 0 {
		key = c.keyed[c.keyAt]
	}
	if c.o.Protects(text(key), text(c.login)) {
		return codeOf(Protected)
	}
	return 0
}

// hash returns the hash of a value as it is compared; 0 is no value.
func (c *Comparison) hash(column int, text string) uint64 {
	same, _ := sameText(c.o.Columns[column], text)
	return c.hashOf(same)
}

func (c *Comparison) hashOf(same string) uint64 {
	if same == "" {
		return 0
	}
	return max(1, maphash.String(c.seed, same))
}
