ROUTES = {}


def nothing(site, request):
    return {}


def community(site, request):
    return {}
