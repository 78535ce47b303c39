# A broker in one small image: docker build -t hexlog . && docker run -p 9092:9092 -v hexlog:/data hexlog
FROM node:22-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:22-slim
LABEL org.opencontainers.image.title="hexlog" org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production HEXLOG_HOST=0.0.0.0 HEXLOG_DATA_DIR=/data
WORKDIR /app
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 9092
# Exec form: the broker is process 1, gets SIGTERM itself, and drains before it ends.
ENTRYPOINT ["node", "dist/main/cli/hexlog.js"]
CMD ["serve"]
