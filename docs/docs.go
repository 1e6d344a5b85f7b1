// Package docs carries the documentation in this folder inside the binary. internal/manual reads it.
package docs

import "embed"

// Files are the pages, by their path in this folder.
//
//go:embed *.md decisions/*.md
var Files embed.FS
