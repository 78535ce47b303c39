import { render } from 'preact';
import { App } from './app.tsx';
import { listenForSlash } from './parts/search-field.tsx';
import { startOverview } from './state/overview.ts';
import './styles/base.css';
import './styles/shell.css';
import './styles/controls.css';
import './styles/lists.css';
import './styles/records.css';

startOverview();
listenForSlash();
render(<App />, document.getElementById('console')!);
