//! A native modal dialog: the browser keeps the focus inside, closes it on Escape and gives the focus back.

use leptos::ev::{Event, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlDialogElement;

/// Shows `children` in a modal dialog as soon as it is put into the page. `close` is a switch that the content sets to
/// close it; `on_closed` is told afterwards, however it was closed, and takes the dialog out of the page.
#[component]
pub(super) fn Dialog(
    /// The value of `data-dialog`.
    name: &'static str,
    /// The id of the dialog's heading.
    labelled_by: &'static str,
    close: RwSignal<bool>,
    /// Nothing but `close` closes it.
    #[prop(optional)]
    stays: bool,
    on_closed: impl Fn() + Send + Sync + 'static,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    dialog.on_load(|dialog: HtmlDialogElement| {
        // Refused for a dialog that is not in the page. The event `load` comes before it is put there.
        request_animation_frame(move || {
            if dialog.is_connected() && !dialog.open() {
                show(&dialog);
            }
        });
    });
    Effect::new(move || {
        if close.get()
            && let Some(dialog) = dialog.get_untracked()
        {
            dialog.close();
        }
    });
    let close_on_backdrop = move |event: MouseEvent| {
        let target = event.target();
        if !stays && target.is_some() && target == event.current_target() {
            close.set(true);
        }
    };
    view! {
        <dialog
            node_ref=dialog
            data-dialog=name
            aria-labelledby=labelled_by
            on:cancel=move |event: Event| {
                if stays {
                    event.prevent_default();
                }
            }
            on:close=move |_| {
                // A browser lets whoever insists on Escape have it.
                match dialog.get_untracked().filter(|_| stays && !close.get_untracked()) {
                    Some(dialog) => show(&dialog),
                    None => on_closed(),
                }
            }
            on:mousedown=close_on_backdrop
        >
            <div class="dialog-content">{children()}</div>
        </dialog>
    }
}

fn show(dialog: &HtmlDialogElement) {
    if dialog.show_modal().is_err() {
        dialog.set_open(true);
    }
}
