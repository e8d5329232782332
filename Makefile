# Mỗi lệnh là một tập tin ngắn trong tooling/.
.DEFAULT_GOAL := help
.PHONY: help run test bench bench-annex bench-pages drill lint format lock assets migrations-check clean

help: ## danh sách lệnh này
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## cài đặt, nạp dữ liệu trình diễn rồi phục vụ ở 127.0.0.1:8000 (cổng khác: make run PORT=8001)
	@PORT="$(or $(PORT),8000)" tooling/run.sh

test: ## mọi kiểm tra: định dạng, kiểu, kiến trúc, rồi kiểm thử trên SQLite và PostgreSQL
	@tooling/test.sh

bench: ## đo tốc độ tính lại ở quy mô cả nước, ghi bench/results.md (thử nhỏ hơn: BENCH_PROVINCES=5)
	@bench/run.sh

bench-pages: ## truy vấn, byte, phần tử của từng trang với 1, 19 và 150 xã, ghi vào docs/review.md
	@tooling/environment.sh dev
	@.venv/bin/python -m bench.every_page

bench-annex: ## thời gian, bộ nhớ lập biểu Excel 106, 1.060, 10.600 dòng, ghi vào docs/annex-size.md
	@tooling/environment.sh dev
	@.venv/bin/python -m bench.annex_size docs/annex-size.md
	@.venv/bin/python -m bench.annex_whole docs/annex-size.md

drill: ## 16 người ghi và 4 worker cùng lúc, worker bị dừng bất ngờ: không được mất hay cộng hai lần số nào
	@bench/drill.sh

lint: ## các kiểm tra không chạy chương trình
	@tooling/test.sh lint

format: ## sửa định dạng mã nguồn và trang
	@tooling/environment.sh dev
	@.venv/bin/ruff format --quiet . && .venv/bin/ruff check --quiet --fix .

lock: ## làm lại các tệp khóa phiên bản
	@tooling/lock.sh

assets: ## đóng gói static/src vào build/assets
	@tooling/environment.sh run
	@tooling/assets.sh

migrations-check: ## mô hình có thay đổi nào chưa có migration
	@tooling/environment.sh dev
	@eval "$$(.venv/bin/python -m tooling.test_environment)"; .venv/bin/python manage.py makemigrations --check --dry-run

clean: ## bỏ những gì tạo ra được lại (giữ var/, nơi có dữ liệu)
	rm -rf .venv node_modules build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage
