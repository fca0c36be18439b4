import './page.css';
import { render } from 'hono/jsx/dom';
import { Page } from './page-body.tsx';

const root = document.getElementById('page');
if (root) render(<Page />, root);
