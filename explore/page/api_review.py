ROUTES = {}


def review(site, request):
    return {}
