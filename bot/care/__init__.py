"""What the hospital does: each public function is one act in one transaction."""
