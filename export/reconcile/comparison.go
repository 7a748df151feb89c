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
// come late.
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

type user struct {
	place  int64
	number uint64 // Coupa's, or the order in which they came
	out    Reason
	active bool
	taken  bool  // a person is theirs
	whose  int32 // that person's place, once all were paired; see noOne
}

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
	return c
}

func (c *Comparison) column(name string) int {
	return slices.IndexFunc(c.o.Columns, func(e export.Element) bool { return e.Column == name })
}

// AddPerson adds a person. Its texts may be reused afterwards. ok is false where the person has no value in any column
// that pairs, and was not added.
func (c *Comparison) AddPerson(p Person) (ok bool, err error) {
	hashes := make([]uint64, len(c.keyed))
	for k, i := range c.keyed {
		if i < c.o.Mapped {
			hashes[k] = c.hash(i, p.Cells[i].SetText())
		}
	}
	if !slices.ContainsFunc(c.match, func(k int) bool { return hashes[k] != 0 }) {
		return false, nil
	}
	record := c.personRecord(p)
	sum, looks := c.personSum(p)
	other := c.keyAt >= 0 && hashes[c.keyAt] != 0 && c.hash(c.keyed[c.keyAt], p.Key) != hashes[c.keyAt]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.other = c.other || other
	place, err := c.o.People.Add(record)
	if err != nil {
		return false, err
	}
	file := slices.Index(c.files, p.Origin.File)
	if file < 0 {
		file = len(c.files)
		c.files = append(c.files, strings.Clone(p.Origin.File))
	}
	c.people = append(c.people, person{place, int32(file), int32(p.Origin.Line)})
	c.said = append(c.said, hashes...)
	c.masks.person(&looks)
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
	hashes := make([]uint64, len(c.keyed))
	for k, i := range c.keyed {
		if v, known := u.Value(c.o.Columns[i]); known {
			hashes[k] = c.hash(i, v.Text)
		}
	}
	record := c.userRecord(u)
	looks := c.userLook(u)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late {
		if c.ids[u.ID] {
			return nil
		}
		c.ids[u.ID] = true
	}
	place, err := c.o.Users.Add(record)
	if err != nil {
		return err
	}
	one := user{place: place, number: numberOf(u.ID), active: true}
	if one.number == 0 {
		one.number = uint64(len(c.users)) + 1
	}
	if c.status >= 0 {
		v, known := u.Value(c.o.Columns[c.status])
		one.active = !known || export.Truth(v.Text) != "false" // who is not known to be shut out may sign in
	}
	if c.o.Protects != nil {
		one.out = c.protects(u)
	}
	c.users = append(c.users, one)
	c.held = append(c.held, hashes...)
	c.masks.user(&looks)
	c.coupa.add(sumOf(record))
	return nil
}

func (c *Comparison) outCount() (n int) {
	for _, of := range c.outN {
		n += of
	}
	return n
}

func (c *Comparison) protects(u export.User) Reason {
	text := func(i int) string {
		if i < 0 {
			return ""
		}
		v, _ := u.Value(c.o.Columns[i])
		return v.Text
	}
	key := -1
	if c.keyAt >= 0 {
		key = c.keyed[c.keyAt]
	}
	if c.o.Protects(text(key), text(c.login)) {
		return Protected
	}
	return ""
}

// hash returns the hash of a value as it is compared; 0 is no value.
func (c *Comparison) hash(column int, text string) uint64 {
	same, ok := export.ElementCell{Element: c.o.Columns[column], Cell: export.Cell{State: export.Set, Text: text}}.Canonical()
	if !ok || same == "" {
		return 0
	}
	return max(1, maphash.String(c.seed, same))
}
