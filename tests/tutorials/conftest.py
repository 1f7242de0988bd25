from tests.miniature import miniature_data_sets, miniature_folder

__all__ = ["miniature_data_sets", "miniature_folder"]
