package export_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestSecretStaysSecret: a secret does not get into a text by accident, alone, behind a pointer or in a struct, where
// fmt may not call the methods of an unexported field.
func TestSecretStaysSecret(t *testing.T) {
	const value = "hunter2-äß"
	s := export.NewSecret(value)
	if s.Reveal() != value || s.IsZero() {
		t.Fatal("the value is lost")
	}
	holder := struct {
		Open   export.Secret
		hidden export.Secret
		ref    *export.Secret
	}{s, s, &s}

	shown := map[string]string{"print": fmt.Sprint(s, holder, &s), "error": fmt.Errorf("login: %v", s).Error()}
	for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
		for _, flag := range []string{"", "+", "#", " ", "0", "20"} {
			format := "%" + flag + string(verb)
			for _, v := range []any{s, &s, holder, &holder, []export.Secret{s}, map[string]export.Secret{"a": s}} {
				shown[format] += fmt.Sprintf(format, v)
			}
		}
	}
	data, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	shown["json"] = string(data)
	if data, err = yaml.Marshal(map[string]any{"a": s, "b": &s}); err != nil {
		t.Fatal(err)
	}
	shown["yaml"] = string(data)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "all", holder)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "all", holder)
	l := logrus.New()
	l.Out = &log
	l.WithFields(logrus.Fields{"secret": s, "all": holder}).Info("x")
	l.Formatter = &logrus.JSONFormatter{}
	l.WithFields(logrus.Fields{"secret": s, "all": holder}).Info("x")
	shown["logs"] = log.String()
	var coded bytes.Buffer
	if err := gob.NewEncoder(&coded).Encode(s); err == nil {
		shown["gob"] = coded.String()
	}

	hex := fmt.Sprintf("%x", value)
	for how, text := range shown {
		for _, leak := range []string{value, "hunter2", hex, strings.ToUpper(hex)} {
			if strings.Contains(text, leak) {
				t.Errorf("%s shows the secret", how)
			}
		}
	}
	for _, how := range []string{"%v", "%s", "%#v", "json", "yaml", "logs"} {
		if !strings.Contains(shown[how], "[secret]") {
			t.Errorf("%s does not say that a secret stands there: %s", how, shown[how])
		}
	}
	if (export.Secret{}).Reveal() != "" || !(export.Secret{}).IsZero() {
		t.Error("the zero secret has a value")
	}
}
