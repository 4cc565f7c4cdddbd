/// <reference types="vitest/config" />
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

const SERVER = 'http://127.0.0.1:8000'

/** Below this a header costs more than it saves. */
const SMALL_BYTES = 1000

/** Each text file also as .gz and .br: the server sends these to browsers that take them, without compressing anything itself. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir }, bundle) {
    for (const name of Object.keys(bundle)) {
      const file = join(dir ?? 'dist', name)
      const content = readFileSync(file)
      if (!/\.(js|css|svg)$/.test(name) || content.length < SMALL_BYTES) continue
      writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
      writeFileSync(`${file}.br`, brotliCompressSync(content))
    }
  },
}

export default defineConfig({
  plugins: [vue(), compressed],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  worker: { format: 'es' },
  server: { port: 5173, proxy: { '/api': SERVER, '/live': SERVER, '/health': SERVER } },
  build: {
    target: 'es2022',
    // MapLibre and ECharts are each one large, lazily loaded part; the limit says what we accept.
    chunkSizeWarningLimit: 1100,
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
})
