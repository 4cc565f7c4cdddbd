import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './office/App.vue'
import { router } from './office/router'
import { configureClient } from './shared/api/client'
import { i18n } from './shared/i18n'
import { useSession } from './shared/session'
import './shared/styles/base.css'

const app = createApp(App).use(createPinia()).use(i18n)

configureClient({
  language: () => (i18n.global.locale.value === 'en' ? 'en' : 'zh'),
  onUnauthenticated: () => {
    useSession().forget()
    const to = router.currentRoute.value.fullPath
    void router.push({ name: 'sign-in', query: to.startsWith('/login') ? {} : { to } })
  },
})

app.use(router).mount('#app')
