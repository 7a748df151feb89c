package templates

import (
	"embed"
	"io/fs"
)

//go:embed notices/*.tmpl
var notices embed.FS

// Notices holds the texts of notices, one template a form: subject, text, html, slack, teams.
func Notices() fs.FS {
	sub, err := fs.Sub(notices, "notices")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
