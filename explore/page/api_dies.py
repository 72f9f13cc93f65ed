ROUTES = {}


def list_types(site, request):
    return {}


def one_type(site, request):
    return {}
