"""One order, found by number, fulfilment code or waybill; before one is asked for, the orders behind the figures."""

import streamlit as st

from dashboards.ui import one_order, orders, page
from dashboards.ui.i18n import t

view = page.current()
asked = orders.search()

if not asked:
    orders.behind(view)
else:
    # as it was typed, or in capital letters: two questions, for one of both alternatives reads all numbers
    found = view.ask("found", find=asked) or view.ask("found", find=asked.upper())
    if not found:
        st.info(t("find_none", find=asked), icon=":material/search_off:")
        orders.behind(view)
    else:
        if len(found) > 1:
            orders.several(asked, found)
        one_order.show(view, found[0]["order_id"], found[0]["order_day"])
