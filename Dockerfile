# One image for each service, and one for the ceremony tool: a static program, certificate authorities, nothing else.
#   docker build --target issuer -t justice-wallet/issuer .
FROM node:24-bookworm-slim AS assets
WORKDIR /src/pkg/ui
COPY pkg/ui/package.json pkg/ui/package-lock.json pkg/ui/.npmrc pkg/ui/assets.mjs ./
COPY pkg/ui/dist ./dist
RUN npm ci --no-audit --no-fund && node assets.mjs

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
COPY --from=assets /src/pkg/ui/dist ./pkg/ui/dist
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/ ./issuer/cmd/issuer ./verifier/cmd/verifier ./keys/cmd/keys \
 && mkdir /empty

FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 65532:65532

FROM base AS issuer
COPY --from=build --chown=65532:65532 /empty /keys
COPY --from=build --chown=65532:65532 /empty /audit
COPY --from=build --chown=65532:65532 /empty /journal
COPY --from=build /out/issuer /issuer
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/issuer", "-health"]
ENTRYPOINT ["/issuer"]

FROM base AS verifier
COPY --from=build /out/verifier /verifier
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/verifier", "-health"]
ENTRYPOINT ["/verifier"]

FROM base AS keys
COPY --from=build --chown=65532:65532 /empty /keys
COPY --from=build /out/keys /keys-tool
ENTRYPOINT ["/keys-tool"]
