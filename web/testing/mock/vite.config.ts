/** The page with invented data and no server, to look at it: `npm run mock`. A fixture; no build contains it. */
import { defineConfig, mergeConfig } from 'vite'
import base from '../../vite.config'
import { answer } from './server'

export default mergeConfig(
  { ...base, server: { port: 5173 }, preview: { port: 5174 } },
  defineConfig({
    plugins: [
      {
        name: 'riverchief-mock',
        configureServer: ({ middlewares }) => void middlewares.use(answer),
        configurePreviewServer: ({ middlewares }) => void middlewares.use(answer),
      },
    ],
  }),
)
