// MAIN: the page begins.
import { mount } from "svelte";
import App from "./App.svelte";
import "./style/tokens.css";
import "./style/base.css";

const place = document.getElementById("app");
if (!place) throw new Error("expected an element #app in the shell, found none");
mount(App, { target: place });
