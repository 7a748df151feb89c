// Deliver sends files as hr2coupa delivers its parts, and does nothing else: one connection, each file staged and then
// renamed into the drop folder under its base name with a number behind.
//
//	deliver -to HOST:PORT -user USER -key FILE -known FILE -folder FOLDER -tag TEXT FILE...
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/drop"
)

func main() {
	var c drop.Config
	flag.StringVar(&c.Address, "to", "", "host and port")
	flag.StringVar(&c.User, "user", "", "account")
	key := flag.String("key", "", "private key file")
	flag.StringVar(&c.KnownHosts, "known", "", "known_hosts file")
	flag.StringVar(&c.Folder, "folder", "", "drop folder")
	tag := flag.String("tag", "", "put into the names, which must be new")
	flag.Parse()
	if err := deliver(c, *key, *tag, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "deliver:", err)
		os.Exit(1)
	}
}

func deliver(c drop.Config, key, tag string, files []string) error {
	text, err := os.ReadFile(key)
	if err != nil {
		return err
	}
	c.Key = export.NewSecret(string(text))
	ctx := context.Background()
	s, err := drop.Dial(ctx, c, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(f), ".csv") + tag + ".csv"
		if err := s.Stage(ctx, name, data); err != nil {
			return err
		}
		if err := s.Commit(ctx, name, s.Temp(name)); err != nil {
			return err
		}
	}
	return nil
}
