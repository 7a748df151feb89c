// Package doctor checks everything that a run needs, and names a fix for each fault that it finds.
package doctor
