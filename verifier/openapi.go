package verifier

import (
	_ "embed"
	"net/http"

	"github.com/gin-gonic/gin"
)

// openapi describes every path.
//
//go:embed openapi.yaml
var openapi []byte

// describe is GET /openapi.yaml.
func (v *Verifier) describe(c *gin.Context) error {
	c.Data(http.StatusOK, "application/yaml", openapi)
	return nil
}
