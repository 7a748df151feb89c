package farend

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
)

// HarmMail is a mail server that means harm: it does not listen to what is said to it.
type HarmMail struct {
	Addr   string
	listen net.Listener
	mu     sync.Mutex
	conns  []net.Conn
}

// HarmMailMode is one way in which a mail server means harm.
type HarmMailMode struct {
	Name, Says string
	begin      string // what it says first
	then       string // what it says again and again until the other side hangs up
}

// HarmMailModes are all of them.
func HarmMailModes() []HarmMailMode {
	const hello = "220 mail.acme.example\r\n"
	return []HarmMailMode{
		{"greeting", "a greeting of one line without end", "220 ", "x"},
		{"greetings", "a greeting of lines without end", "", "220-x\r\n"},
		{"replies", "an answer to EHLO of lines without end", hello, "250-x\r\n"},
		{"line", "an answer to EHLO of one line without end", hello, "250 x"},
		{"no lines", "line ends without end", hello, "\r\n"},
		{"bytes", "bytes that are no SMTP, without end", "", "\x00\xff"},
	}
}

// StartHarmMail brings up such a server on loopback.
func StartHarmMail(mode string) (*HarmMail, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &HarmMail{Addr: l.Addr().String(), listen: l}
	for _, of := range HarmMailModes() {
		if of.Name == mode {
			go m.serve(of)
			return m, nil
		}
	}
	l.Close()
	return nil, net.UnknownNetworkError(mode)
}

func (m *HarmMail) serve(mode HarmMailMode) {
	for {
		c, err := m.listen.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		m.conns = append(m.conns, c)
		m.mu.Unlock()
		go mode.talk(c)
	}
}

// talk floods one connection, after the first line from the other side where there is a greeting.
func (mode HarmMailMode) talk(c net.Conn) {
	defer c.Close()
	if _, err := io.WriteString(c, mode.begin); err != nil {
		return
	}
	if strings.HasSuffix(mode.begin, "\n") {
		if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
			return
		}
	}
	chunk := strings.Repeat(mode.then, 1+(64<<10)/len(mode.then))
	for err := error(nil); err == nil; {
		_, err = io.WriteString(c, chunk)
	}
}

// Close ends the server, and with it every connection.
func (m *HarmMail) Close() {
	m.listen.Close()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.conns {
		c.Close()
	}
}
