// Package httpserver is the front door of every service: limits, headers, request ids, and the one place where an error
// becomes an answer. Handlers return errors; only this package writes them.
package httpserver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
)

// Handler answers a request, or returns why it cannot. It does not write an error itself.
type Handler func(c *gin.Context) error

// Options is what a server is told. Log, Now and Ready may not be nil.
type Options struct {
	Log     *slog.Logger
	Now     func() time.Time
	MaxBody int64                       // bytes of a request's body; 0 means DefaultMaxBody
	Ready   func(context.Context) error // what /readyz asks
}

// DefaultMaxBody bounds a body when Options does not: every message of the wallet is far smaller.
const DefaultMaxBody = 64 << 10

// Server is an http.Handler.
type Server struct {
	engine   *gin.Engine
	options  Options
	draining atomic.Bool
	pages    map[string]Page  // of errors, by the prefix of the paths they are for
	limits   map[string]int64 // of bodies, by the path, where they are not the server's
}

// GroupOptions is how a group of paths answers.
type GroupOptions struct {
	Descriptions bool  // add error_description to errors; GOV.UK Wallet's endpoints may not (harness)
	MaxBody      int64 // bytes of a request's body; 0 means the server's

	// Page answers errors with a page for people, or in the words of another's contract, instead of our JSON; so are panics
	// answered, whose err says nothing. The cause is logged already. A browser that asks for a path under the prefix that is
	// not there, or with a method that it does not have, is answered with it, too.
	Page Page
}

// Page writes the page of an error.
type Page func(c *gin.Context, status int, err error)

// Group is a set of paths with one way to answer.
type Group struct {
	routes  *gin.RouterGroup
	server  *Server
	options GroupOptions
}

// New returns a server with /livez and /readyz.
func New(o Options) *Server {
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	gin.SetMode(gin.ReleaseMode) // gin keeps its mode in a global; the other modes only print
	s := &Server{engine: gin.New(), options: o, pages: map[string]Page{}, limits: map[string]int64{}}
	e := s.engine
	e.RedirectTrailingSlash, e.RedirectFixedPath, e.RemoveExtraSlash = false, false, false
	e.HandleMethodNotAllowed = true
	e.MaxMultipartMemory = 1 << 20
	if err := e.SetTrustedProxies(nil); err != nil {
		panic("httpserver: " + err.Error()) // nil cannot be refused
	}
	e.Use(s.identify, s.access, s.recover, s.bound, headers)
	e.NoRoute(s.noRoute)
	e.NoMethod(s.noMethod)
	s.Handle(http.MethodGet, "/livez", func(c *gin.Context) error { c.Status(http.StatusOK); return nil })
	s.Handle(http.MethodGet, "/readyz", s.ready)
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Handle answers method and path with h. Whoever may GET may ask by HEAD for what the headers would be (RFC 9110 §9.1).
func (s *Server) Handle(method, path string, h Handler) {
	handle(&s.engine.RouterGroup, method, path, s.wrap(h, GroupOptions{}))
}

func handle(routes *gin.RouterGroup, method, path string, h gin.HandlerFunc) {
	routes.Handle(method, path, h)
	if method == http.MethodGet {
		routes.Handle(http.MethodHead, path, h) // net/http drops the body
	}
}

// Group returns the paths under prefix.
func (s *Server) Group(prefix string, o GroupOptions) *Group {
	if o.Page != nil {
		s.pages[prefix] = o.Page
	}
	return &Group{routes: s.engine.Group(prefix), server: s, options: o}
}

// Handle answers method and path, within the group, with h.
func (g *Group) Handle(method, path string, h Handler) {
	if g.options.MaxBody != 0 {
		g.server.limits[g.routes.BasePath()+path] = g.options.MaxBody
	}
	handle(g.routes, method, path, g.server.wrap(h, g.options))
}

// Drain makes /readyz say no, so that no new work is sent here before the server stops.
func (s *Server) Drain() { s.draining.Store(true) }

func (s *Server) ready(c *gin.Context) error {
	if s.draining.Load() {
		return fault.New(fault.Unavailable, "draining", "")
	}
	if err := s.options.Ready(c.Request.Context()); err != nil {
		return fault.Wrap(fault.Unavailable, "not_ready", "", err)
	}
	c.Status(http.StatusOK)
	return nil
}

const (
	requestIDKey = "request id"
	pageKey      = "page of errors"
)

func (s *Server) noRoute(c *gin.Context) {
	s.fail(c, fault.New(fault.NotFound, "not_found", ""), GroupOptions{Page: s.pageFor(c.Request)})
}

func (s *Server) noMethod(c *gin.Context) {
	page := s.pageFor(c.Request)
	if page == nil {
		c.AbortWithStatusJSON(http.StatusMethodNotAllowed, gin.H{"error": "method_not_allowed"})
		return
	}
	page(c, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "method_not_allowed", ""))
	c.Abort()
}

// pageFor returns the page for a request that nothing answers: of the longest prefix, and only for who asks for HTML, as
// browsers do. Programs are answered in JSON.
func (s *Server) pageFor(r *http.Request) Page {
	if !strings.Contains(strings.ToLower(r.Header.Get("Accept")), "text/html") {
		return nil
	}
	longest := -1
	var found Page
	for prefix, page := range s.pages {
		within := prefix == "" || r.URL.Path == prefix || strings.HasPrefix(r.URL.Path, prefix+"/")
		if within && len(prefix) > longest {
			longest, found = len(prefix), page
		}
	}
	return found
}

// Mount answers GET and HEAD of everything under prefix, which ends in a slash, with h: files that a service carries.
func (s *Server) Mount(prefix string, h http.Handler) {
	s.engine.GET(prefix+"*file", gin.WrapH(h))
	s.engine.HEAD(prefix+"*file", gin.WrapH(h))
}

func (s *Server) identify(c *gin.Context) {
	var id [16]byte
	rand.Read(id[:]) // never fails: crypto/rand.Read ends the process rather than return an error
	c.Set(requestIDKey, hex.EncodeToString(id[:]))
	c.Header("X-Request-Id", hex.EncodeToString(id[:]))
}

// access logs one line a request, of fields that name no person: the route's template, never the URL.
func (s *Server) access(c *gin.Context) {
	began := s.options.Now()
	c.Next()
	s.options.Log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request",
		slog.String("method", c.Request.Method), slog.String("route", c.FullPath()), slog.Int("status", c.Writer.Status()),
		slog.Duration("took", s.options.Now().Sub(began)), slog.Int("bytes", c.Writer.Size()), slog.String("request", c.GetString(requestIDKey)))
}

// recover turns a panic into a 500, without a word of the request in the log.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		if p := recover(); p != nil {
			s.options.Log.Error("panic", slog.String("route", c.FullPath()), slog.String("request", c.GetString(requestIDKey)))
			if page, ok := c.Get(pageKey); ok && !c.Writer.Written() {
				page.(Page)(c, http.StatusInternalServerError, fault.New(fault.Internal, "", ""))
				c.Abort()
				return
			}
			c.AbortWithStatusJSON(http.StatusInternalServerError, gin.H{"error": "server_error"})
		}
	}()
	c.Next()
}

func (s *Server) bound(c *gin.Context) {
	limit, ok := s.limits[c.FullPath()]
	if !ok {
		limit = s.options.MaxBody
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
}

func headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
}

func (s *Server) wrap(h Handler, o GroupOptions) gin.HandlerFunc {
	return func(c *gin.Context) {
		if o.Page != nil {
			c.Set(pageKey, o.Page)
		}
		if err := h(c); err != nil {
			s.fail(c, err, o)
			return
		}
		c.Writer.WriteHeaderNow()
	}
}

// Time-outs of a connection: what a phone on a slow line needs, and no more.
const (
	headerTimeout   = 5 * time.Second
	readTimeout     = 10 * time.Second
	writeTimeout    = 15 * time.Second
	idleTimeout     = time.Minute
	maxHeader       = 16 << 10
	shutdownTimeout = 10 * time.Second
)

// Serve answers connections of ln with s until ctx ends, then finishes what is under way.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(discard{}, slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	s.Drain()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(stop)
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// discard drops net/http's own messages, which quote what a client sent.
type discard struct{}

func (discard) Enabled(context.Context, slog.Level) bool  { return false }
func (discard) Handle(context.Context, slog.Record) error { return nil }
func (d discard) WithAttrs([]slog.Attr) slog.Handler      { return d }
func (d discard) WithGroup(string) slog.Handler           { return d }
