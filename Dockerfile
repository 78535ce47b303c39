# A broker in one small image: docker build -t hexlog . && docker run -p 9092:9092 -p 127.0.0.1:8080:8080 -v hexlog:/data hexlog
# Its engines are segment-files, lmdb, leveldb and memory: sqlite would have to be compiled.
FROM node:22-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
COPY console ./console
RUN npm run build && npm prune --omit=dev

FROM node:22-slim
LABEL org.opencontainers.image.title="hexlog" org.opencontainers.image.licenses="Apache-2.0"
# Who reaches these ports is decided by who publishes them: HTTP has no authentication.
ENV NODE_ENV=production HEXLOG_HOST=0.0.0.0 HEXLOG_HTTP_HOST=0.0.0.0 HEXLOG_DATA_DIR=/data
WORKDIR /app
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 9092 8080
HEALTHCHECK --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form: the broker is process 1, gets SIGTERM itself, and drains before it ends.
ENTRYPOINT ["node", "dist/main/cli/hexlog.js"]
CMD ["serve"]
