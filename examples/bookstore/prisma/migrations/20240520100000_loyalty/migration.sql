-- AlterTable
ALTER TABLE "customers" ADD COLUMN "points" INTEGER NOT NULL DEFAULT 0;
