/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const SERVER = 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [vue()],
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
