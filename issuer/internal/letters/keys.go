package letters

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"justice-wallet/keys"
	"justice-wallet/pkg/httpserver"
)

// GetKeys answers with the keys that sign letters. They stand in a set of their own: whoever checks a letter looks nowhere
// else, and whoever checks anything else does not find them.
func GetKeys(ring keys.Keyring) httpserver.Handler {
	return func(c *gin.Context) error {
		c.Header("Cache-Control", "public, max-age=300")
		c.JSON(http.StatusOK, keys.JWKS(ring, keys.PurposeLetter))
		return nil
	}
}
