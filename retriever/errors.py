"""Everything shoplens raises on purpose.

    ShoplensError
    ├── SettingsError            a setting or an option that cannot be used
    ├── CatalogueError           a catalogue that cannot be read at all
    │   └── PictureError         one picture that cannot be used
    ├── EncoderError             a backbone that cannot be loaded or fed
    ├── AdapterError             an adapter that is missing, damaged or of another backbone
    ├── FeatureCacheError        a feature cache that is damaged or of another backbone
    ├── ClusterError             a Ray cluster that cannot be reached or gave up
    ├── ProductIndexError        an index that cannot do what was asked
    │   ├── IndexMissingError    nothing indexed under that name yet
    │   ├── IndexLockedError     another process holds the embedded index
    │   └── FingerprintError     vectors and encoder do not belong together
    ├── StoreError               the server's database cannot be reached
    ├── CalibrationError         a catalogue that says too little to calibrate "nothing fits" with
    ├── LanguageModelError       a language model that cannot be reached or answers nonsense
    └── QueryError               a query that makes no sense as it stands
        └── FilterError          a filter on an unknown field or with an unsupported operator

Every message says what was wrong, where, and what to do about it.
"""


class ShoplensError(Exception):
    """Base of every error that a caller of shoplens may want to catch."""


class SettingsError(ShoplensError):
    """A setting or an option that cannot be used."""


class CatalogueError(ShoplensError):
    """A catalogue that cannot be read at all (one bad row is set aside instead)."""


class PictureError(CatalogueError):
    """A picture that cannot be decoded or is larger than the limits allow."""


class EncoderError(ShoplensError):
    """A backbone that cannot be found, loaded or fed."""


class AdapterError(ShoplensError):
    """An adapter that is missing, damaged, or belongs to another backbone."""


class FeatureCacheError(ShoplensError):
    """A feature cache that is damaged or belongs to another backbone."""


class ClusterError(ShoplensError):
    """A Ray cluster cannot be reached, or gave up on what it was given."""


class ProductIndexError(ShoplensError):
    """An index that cannot do what was asked."""


class IndexMissingError(ProductIndexError):
    """Nothing has been indexed under that name yet."""


class IndexLockedError(ProductIndexError):
    """Another process holds the embedded index."""


class FingerprintError(ProductIndexError):
    """The index was built by another backbone, preprocessing, adapter or text template."""


class StoreError(ShoplensError):
    """The database of keys, conversations and feedback cannot be reached or stays locked."""


class CalibrationError(ShoplensError):
    """A catalogue is too small or says too little to calibrate "nothing fits" with."""


class LanguageModelError(ShoplensError):
    """A language model cannot be reached, takes too long or answers nonsense."""


class QueryError(ShoplensError):
    """A query that makes no sense as it stands."""


class FilterError(QueryError):
    """A filter on an unknown field, with an unsupported operator or with a value of the wrong type."""
