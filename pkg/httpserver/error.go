package httpserver

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
)

// retryAfter is how many seconds a client waits before it repeats a request that met a part that was away.
const retryAfter = "5"

func status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// fail writes err: {"error": code}, and nothing else unless the group describes its errors. An error that is no fault
// says server_error, and why stands only in the log.
func (s *Server) fail(c *gin.Context, err error, o GroupOptions) {
	kind, code := fault.KindOf(err), fault.CodeOf(err)
	s.logFailure(c, err, kind, code)
	if o.Page != nil {
		if kind == fault.Unavailable {
			c.Header("Retry-After", retryAfter)
		}
		c.Header("Cache-Control", "no-store")
		o.Page(c, status(kind), err)
		c.Abort()
		return
	}
	switch kind {
	case fault.Unauthorized:
		unauthorized(c, code)
		return
	case fault.Unavailable:
		c.Header("Retry-After", retryAfter)
	case fault.Internal:
		code = "server_error"
	}
	body := gin.H{"error": code}
	if f, ok := asFault(err); ok && o.Descriptions && f.Message != "" && kind != fault.Internal {
		body["error_description"] = f.Message
	}
	c.Header("Cache-Control", "no-store")
	c.AbortWithStatusJSON(status(kind), body)
}

// unauthorized answers as RFC 6750 §3 says: no error word when no token was sent.
func unauthorized(c *gin.Context, code string) {
	challenge := "Bearer"
	if code != "" {
		challenge += ` error="` + code + `"`
	}
	c.Header("WWW-Authenticate", challenge)
	c.Header("Cache-Control", "no-store")
	c.AbortWithStatus(http.StatusUnauthorized)
	c.Writer.WriteHeaderNow()
}

// logFailure writes the cause only where we, or a part of ours, are to blame: other causes may quote what was sent.
func (s *Server) logFailure(c *gin.Context, err error, kind fault.Kind, code string) {
	if f, ok := asFault(err); ok && f.Private {
		code = "private"
	}
	attrs := []slog.Attr{
		slog.String("route", c.FullPath()), slog.String("kind", kind.String()), slog.String("code", code), slog.String("request", c.GetString(requestIDKey)),
	}
	level := slog.LevelInfo
	if kind == fault.Internal || kind == fault.Unavailable {
		level = slog.LevelError
		attrs = append(attrs, slog.String("cause", err.Error()))
	}
	s.options.Log.LogAttrs(c.Request.Context(), level, "request refused", attrs...)
}
